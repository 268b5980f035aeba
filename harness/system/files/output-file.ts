/** @file A file that a command is to write, tried before the work: it is none of the inputs, and can be written where it is named. */
import { statSync } from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { DataError, described } from '../../core/errors.ts';
import { temporaryName } from './atomic-file.ts';
import { isFolder, realPath, remove } from './files.ts';
import { createFile } from './open-file.ts';
import { asReadError } from './system-error.ts';

/**
 * @param inputs files and folders that the output is made from: it may be none of them, by whatever name, and in none of them
 * @throws DataError when writing it would destroy an input, or it cannot be written
 */
export function requireOutputFile(path: string, inputs: readonly string[] = []): void {
  const there = stateOf(path);
  if (there?.isDirectory() || path.endsWith(sep))
    throw refused(path, 'a folder', 'the name of the file to write', 'Name a file in it');
  for (const input of inputs) requireOther(path, input);
  if (there && !there.isFile()) throw refused(path, 'a pipe or a device', 'a file to write', 'Name a file on a disk');
  const folder = dirname(resolve(path));
  if (!isFolder(folder))
    throw refused(path, `no folder ${folder}`, 'a folder to write into', 'Make it, or check the path');
  // Permissions do not tell: a disk may be mounted for reading alone, or the name too long.
  const trial = temporaryName(path);
  createFile(trial).close();
  remove(trial);
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
