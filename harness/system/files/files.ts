/** @file File-system operations other than reading and writing contents. */
import { diskOf, constants, type Stats } from '../disk.ts';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { systemCode } from '../../core/errors.ts';
import { asReadError, asWriteError, placedBy } from './system-error.ts';

const {
  accessSync,
  closeSync,
  copyFileSync,
  openSync,
  write,
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  rmdirSync,
  statSync,
  statfsSync,
  symlinkSync,
} = diskOf('files/files');

/** Whether something is there; a link that leads nowhere is not. @throws DataError when the system refuses to say */
export function exists(path: string): boolean {
  return stateOf(path) !== undefined;
}

/** @throws DataError when the system refuses to say */
export function isFolder(path: string): boolean {
  return stateOf(path)?.isDirectory() ?? false;
}

/** @throws DataError when the system refuses to say */
export function isFile(path: string): boolean {
  return stateOf(path)?.isFile() ?? false;
}

/** Whether this process can see something there: for looking about on a machine, where a refusal is an answer. */
export function canSee(path: string): boolean {
  try {
    return exists(path);
  } catch {
    return false;
  }
}

/** Bytes of a file. @throws DataError when it is not there */
export function sizeOf(path: string): number {
  return sizeAndTimeOf(path).bytes;
}

/** Bytes, and the time of the last change in milliseconds. @throws DataError when there is no file */
export function sizeAndTimeOf(path: string): { readonly bytes: number; readonly mtimeMs: number } {
  const { size, mtimeMs } = reading(path, 'a file', () => statSync(path));
  return { bytes: size, mtimeMs };
}

/** The names in a folder, sorted. @throws DataError when it is none or cannot be read */
export function namesIn(folder: string): string[] {
  return reading(folder, 'a folder', () => readdirSync(folder)).sort();
}

/** The paths of the regular files at any depth, sorted; links are not followed. @throws DataError when it is no folder */
export function filesBelow(folder: string): string[] {
  return reading(folder, 'a folder', () => readdirSync(folder, { withFileTypes: true, recursive: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** The path without links. @throws DataError when it leads nowhere */
export function realPath(path: string): string {
  return reading(path, 'a file or folder', () => realpathSync(path));
}

/** Where a link points, as it is written there; undefined for what is no link. */
export function linkTarget(path: string): string | undefined {
  return reading(path, 'a link', () =>
    lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ? readlinkSync(path) : undefined,
  );
}

/** Bytes that this user can still write to the disk of a folder; infinite where the file system does not say (some of a network). */
export function freeBytes(folder: string): number {
  const { blocks, bavail, bsize } = reading(folder, 'a folder', () => statfsSync(folder));
  return blocks === 0 ? Infinity : bavail * bsize;
}

/** Makes a folder and those above it, where they are missing. @throws DataError when it cannot be made */
export function makeFolder(folder: string): void {
  writing(folder, () => mkdirSync(folder, { recursive: true }));
}

/** Makes a folder and asks whether it can be written. @throws DataError when it cannot */
export function makeWritableFolder(folder: string): void {
  makeFolder(folder);
  writing(folder, () => accessSync(folder, constants.W_OK));
}

/** Makes a new folder for files that nobody needs afterwards, below TMPDIR unless another is named. @throws DataError when it cannot */
export function makeTemporaryFolder(prefix: string, parent = tmpdir()): string {
  try {
    const folder = mkdtempSync(join(parent, prefix));
    placedBy('TMPDIR', folder);
    return folder;
  } catch (thrown) {
    throw asWriteError(parent, thrown, 'TMPDIR');
  }
}

/** Calls `work` with such a folder, which is removed afterwards. */
export async function inTemporaryFolder<T>(prefix: string, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = makeTemporaryFolder(prefix);
  try {
    return await work(folder);
  } finally {
    remove(folder);
  }
}

/** Removes a file, or a folder with all that is in it; what is not there is removed already. @param retries while it is in use */
export function remove(path: string, retries = 0): void {
  writing(path, () => rmSync(path, { recursive: true, force: true, maxRetries: retries, retryDelay: 50 }));
}

/** @throws DataError when something is in it */
export function removeEmptyFolder(folder: string): void {
  writing(folder, () => rmdirSync(folder));
}

/** Gives a file or folder another name on the same disk, in place of the file or empty folder that has it. */
export function move(from: string, to: string): void {
  writing(to, () => renameSync(from, to));
}

/** Copies a file, making the folder for it. */
export function copyFile(from: string, to: string): void {
  makeFolder(dirname(to));
  writing(to, () => copyFileSync(from, to));
}

/** Copies a file, or a folder with all that is in it. */
export function copyTree(from: string, to: string): void {
  writing(to, () => cpSync(from, to, { recursive: true }));
}

export function makeLink(target: string, path: string): void {
  writing(path, () => symlinkSync(target, path));
}

/**
 * Writes pieces as they come, making the folder for them; unlike `writeFileAtomically` the file can be seen before it is whole. The next
 * piece is asked for while one is being written: a source does not change what it has given.
 */
export async function writePieces(path: string, pieces: AsyncIterable<Uint8Array>, mode = 0o666): Promise<void> {
  makeFolder(dirname(path));
  const file = writing(path, () => openSync(path, 'w', mode));
  let underWay = Promise.resolve();
  try {
    for await (const piece of pieces) {
      await underWay;
      underWay = writeAll(path, file, piece);
      // Its failure is thrown where it is waited for; until then it has been handled.
      underWay.catch(() => undefined);
    }
    await underWay;
  } finally {
    await underWay.catch(() => undefined);
    closeSync(file);
  }
}

async function writeAll(path: string, file: number, piece: Uint8Array): Promise<void> {
  try {
    for (let done = 0; done < piece.length;) done += (await write(file, piece, done, piece.length - done)).bytesWritten;
  } catch (thrown) {
    throw asWriteError(path, thrown);
  }
}

function stateOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch (thrown) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(thrown) ?? '')) return undefined;
    throw asReadError(path, 'a file or folder', thrown);
  }
}

function reading<T>(path: string, expected: string, read: () => T): T {
  try {
    return read();
  } catch (thrown) {
    throw asReadError(path, expected, thrown);
  }
}

function writing<T>(path: string, write: () => T): T {
  try {
    return write();
  } catch (thrown) {
    throw asWriteError(path, thrown);
  }
}
