/** @file Writes files atomically: to a temporary name, flushed, then renamed. */
import { diskOf } from '../disk.ts';
import { dirname } from 'node:path';
import { placeOnce } from './place-once.ts';
import { asWriteError } from './system-error.ts';

const { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } =
  diskOf('files/atomic-file');

let serial = 0;

/** A name beside `path` that no other process or call uses; left-overs end in `.tmp-<pid>-<n>`. */
export function temporaryName(path: string): string {
  serial += 1;
  return `${path}.tmp-${process.pid}-${serial}`;
}

/** Whether a process that was killed while it wrote may have left the file. */
export function isTemporaryName(path: string): boolean {
  return /\.tmp-\d+-\d+$/.test(path);
}

/**
 * Writes the pieces one after another to `path`, creating its folder. A reader sees the old file or the whole new one.
 * @throws DataError when the disk is full or the folder cannot be written; the unfinished file is removed.
 */
export function writeFileAtomically(path: string, ...pieces: readonly (string | Uint8Array)[]): void {
  placeFile(path, pieces, (temporary) => renameSync(temporary, path));
}

/**
 * Like `writeFileAtomically`, for a file that must not exist yet; of several writers exactly one succeeds, also where there are no hard links.
 * @returns false, with nothing changed, when `path` exists already
 * @throws DataError when the disk is full or the folder cannot be written; the unfinished file is removed.
 */
export function writeFileOnce(path: string, ...pieces: readonly (string | Uint8Array)[]): boolean {
  if (existsSync(path)) return false;
  let placed = true;
  placeFile(path, pieces, (temporary) => {
    placed = placeOnce(temporary, path);
  });
  return placed;
}

function placeFile(path: string, pieces: readonly (string | Uint8Array)[], place: (temporary: string) => void): void {
  const temporary = temporaryName(path);
  let begun = false;
  try {
    mkdirSync(dirname(path), { recursive: true });
    const file = openSync(temporary, 'wx');
    begun = true;
    try {
      for (const piece of pieces) writeWhole(file, typeof piece === 'string' ? Buffer.from(piece) : piece);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    place(temporary);
  } catch (thrown) {
    // Where nothing was begun the removal would fail for the same reason and hide it.
    if (begun) rmSync(temporary, { force: true });
    throw asWriteError(path, thrown);
  }
}

/** Pretty JSON with a final newline, written atomically. */
export function writeJsonAtomically(path: string, value: unknown): void {
  writeFileAtomically(path, `${JSON.stringify(value, null, 2)}\n`);
}

function writeWhole(file: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written, bytes.length - written);
}
