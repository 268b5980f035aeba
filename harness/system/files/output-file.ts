/** @file Checks an output path before the work: it is no input, and it can be written. */
import { diskOf } from '../disk.ts';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { DataError, described } from '../../core/errors.ts';
import { temporaryName } from './atomic-file.ts';
import { isFolder, realPath } from './files.ts';
import { asReadError, asWriteError } from './system-error.ts';
import { requireRoom } from './writable-folder.ts';

const { closeSync, openSync, rmSync, statSync, writeSync } = diskOf('files/output-file');

/** Written as a trial, and asked for where nothing is known of the size. */
const littleBytes = 1 << 12;

/**
 * Nothing is left behind: folders that are missing are made when the file is written.
 * @param inputs files and folders that the output is made from: it may be none of them, by whatever name, and in none of them
 * @param bytes its size, estimated
 * @throws DataError when writing it would destroy an input, or it cannot be written
 */
export function requireOutputFile(path: string, inputs: readonly string[] = [], bytes = littleBytes): void {
  const there = stateOf(path);
  if (there?.isDirectory() || path.endsWith(sep))
    throw refused(path, 'a folder', 'the name of the file to write', 'Name a file in it, or move it away');
  for (const input of inputs) requireOther(path, input);
  if (there && !there.isFile()) throw refused(path, 'a pipe or a device', 'a file to write', 'Name a file on a disk');
  const folder = folderAbove(path);
  requireRoom(folder, bytes);
  // Permissions do not tell: a disk may be mounted for reading alone, full although it says otherwise, or the name too long.
  const trial = join(folder, basename(temporaryName(path)));
  try {
    const file = openSync(trial, 'wx');
    try {
      writeSync(file, Buffer.alloc(littleBytes));
    } finally {
      closeSync(file);
      rmSync(trial, { force: true });
    }
  } catch (thrown) {
    throw asWriteError(path, thrown);
  }
}

/** The nearest folder above the path that is there. */
function folderAbove(path: string): string {
  let folder = dirname(resolve(path));
  while (stateOf(folder) === undefined && folder !== dirname(folder)) folder = dirname(folder);
  if (isFolder(folder)) return folder;
  const remedy = 'Move that file away, or name another folder';
  throw refused(path, `a path through ${folder}, which is no folder`, 'a folder to write into', remedy);
}

function requireOther(path: string, input: string): void {
  const [output, source] = [stateOf(path), stateOf(input)];
  if (!source) return;
  const remedy = 'Name another file';
  if (output?.dev === source.dev && output.ino === source.ino)
    throw refused(path, `the same file as ${input}`, 'another file than the input, which it would replace', remedy);
  if (source.isDirectory() && isWithin(realPath(input), placeOf(path)))
    throw refused(path, `a file in ${input}`, 'a file outside of the folder that is the input', remedy);
}

/** Where a file is or would be, without links in the folders above it. */
function placeOf(path: string): string {
  const folder = dirname(resolve(path));
  return stateOf(path) ? realPath(path) : join(isFolder(folder) ? realPath(folder) : folder, basename(path));
}

function isWithin(folder: string, path: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

function stateOf(path: string) {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (thrown) {
    throw asReadError(path, 'a file to write', thrown);
  }
}

function refused(path: string, got: string, expected: string, remedy: string): DataError {
  return new DataError({ where: path, got: described(got), expected, remedy });
}
