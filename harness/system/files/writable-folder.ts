/** @file What is asked of a folder before hours of work go into it: room, a place for results, temporary files. */
import { randomUUID } from 'node:crypto';
import { dirname, join, resolve } from 'node:path';
import { writeFileAtomically, writeFileOnce } from './atomic-file.ts';
import { filesBelow, freeBytes, isFolder, makeFolder, makeTemporaryFolder } from './files.ts';
import { makeWritableFolder, remove, sizeOf } from './files.ts';
import { DataError, described } from '../../core/errors.ts';
import { formatBytes } from '../../core/units.ts';

const trialBytes = 1 << 16;

/**
 * Makes the folder and tries what a run does in it: writing a file, placing one that must not exist yet, and a temporary file elsewhere.
 * @param bytes the most that the folder will hold, estimated; what is there already counts
 * @throws DataError when one of them fails or the disk has less room
 */
export function requireWorkFolder(folder: string, bytes = 0): void {
  makeFolder(folder);
  requireRoom(folder, bytes);
  const trial = join(folder, `.trial-${randomUUID()}`);
  try {
    const isFirst = writeFileOnce(trial, Buffer.alloc(trialBytes));
    if (!isFirst || writeFileOnce(trial, 'second')) throw noExclusion(folder);
  } finally {
    remove(trial);
  }
  const temporary = makeTemporaryFolder('consistency-trial-');
  try {
    writeFileAtomically(join(temporary, 'trial'), Buffer.alloc(trialBytes));
  } finally {
    remove(temporary);
  }
}

/** Whether a file of that name can be written, asked before the work for it. @throws DataError when it cannot */
export function requireWritableFile(path: string): void {
  if (isFolder(path)) {
    throw new DataError({
      where: path,
      got: described('a folder'),
      expected: 'the name of the file to write',
      remedy: 'Name a file in it',
    });
  }
  makeWritableFolder(dirname(resolve(path)));
}

function requireRoom(folder: string, bytes: number): void {
  const present = filesBelow(folder).reduce((sum, path) => sum + sizeOf(path), 0);
  const [free, wanted] = [freeBytes(folder), bytes - present];
  if (free >= wanted) return;
  throw new DataError({
    where: folder,
    got: described(`${formatBytes(free)} of free disk space`),
    expected: `about ${formatBytes(wanted)} for what is still written here`,
    remedy: 'Free some space, or name a folder on another disk',
  });
}

function noExclusion(folder: string): DataError {
  return new DataError({
    where: folder,
    got: described('a file system on which one file can be created twice'),
    expected: 'one that refuses the second: results are written once',
    remedy: 'Name a folder on another disk',
  });
}
