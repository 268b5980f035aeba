/** @file Checks a folder before hours of work: free space, writing into it, temporary files elsewhere. */
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeFileAtomically, writeFileOnce } from './atomic-file.ts';
import { filesBelow, freeBytes, makeFolder, makeTemporaryFolder, remove, sizeOf } from './files.ts';
import { readText } from './input-file.ts';
import { FileError, settingOf } from './system-error.ts';
import { DataError, described } from '../../core/errors.ts';
import { formatBytes } from '../../core/units.ts';

const trialBytes = 1 << 16;

/**
 * Makes the folder and tries what a run does in it: writing a file, placing one that must not exist yet, replacing it by a rename, and a
 * temporary file elsewhere.
 * @param bytes the most that the folder will hold, estimated; what is there already counts
 * @throws DataError when one of them fails or the disk has less room
 */
export function requireWorkFolder(folder: string, bytes = 0): void {
  makeFolder(folder);
  const present = filesBelow(folder).reduce((sum, path) => sum + sizeOf(path), 0);
  requireRoom(folder, bytes - present);
  const trial = join(folder, `.trial-${randomUUID()}`);
  try {
    const isFirst = writeFileOnce(trial, Buffer.alloc(trialBytes));
    if (!isFirst || writeFileOnce(trial, 'second')) throw noExclusion(folder);
    requireReplacement(folder, trial);
  } finally {
    remove(trial);
  }
  requireTemporaryFolder();
}

/** Tries a temporary file. @param bytes the most that such files will hold @throws DataError that names TMPDIR when it fails or has less room */
export function requireTemporaryFolder(bytes = 0): void {
  const temporary = makeTemporaryFolder('consistency-trial-');
  try {
    requireRoom(temporary, bytes, 'temporary files', tmpdir());
    writeFileAtomically(join(temporary, 'trial'), Buffer.alloc(trialBytes));
  } finally {
    remove(temporary);
  }
}

/** @throws DataError when the disk of the folder has less room than wanted, in bytes */
export function requireRoom(folder: string, wanted: number, what = 'what is still written here', where = folder): void {
  const free = freeBytes(folder);
  if (free >= wanted) return;
  throw new DataError({
    where,
    got: described(`${formatBytes(free)} of free disk space`),
    expected: `about ${formatBytes(wanted)} for ${what}`,
    remedy: `Free some space, or name a folder on another disk with ${settingOf(folder)}`,
  });
}

/** Answers of systems that cannot rename a file over another, where writing has just succeeded. */
const noRename: readonly string[] = ['EEXIST', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'];

/** @throws DataError when a file that is there cannot be replaced by a rename */
function requireReplacement(folder: string, trial: string): void {
  try {
    writeFileAtomically(trial, 'third');
  } catch (thrown) {
    if (thrown instanceof FileError && noRename.includes(thrown.code)) throw noReplacement(folder, thrown);
    throw thrown;
  }
  if (readText(trial) !== 'third') throw noReplacement(folder);
}

function noReplacement(folder: string, cause?: unknown): DataError {
  return new DataError(
    {
      where: folder,
      got: described('a file system on which no file takes the place of another by a rename'),
      expected: 'one that renames in one step: a file is whole at every moment',
      remedy: 'Name a folder on another disk',
    },
    { cause },
  );
}

function noExclusion(folder: string): DataError {
  return new DataError({
    where: folder,
    got: described('a file system on which one file can be created twice'),
    expected: 'one that refuses the second: results are written once',
    remedy: 'Name a folder on another disk',
  });
}
