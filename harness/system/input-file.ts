/** @file Files that a person names: opened, read whole or by their first bytes; one that cannot be read is one line of error. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { DataError, described, systemCode } from '../core/errors.ts';

/** One read call moves at most 2 GiB. */
const mostPerRead = 1 << 30;

/**
 * Opens a file for reading; the caller closes it.
 * @param expected what it should be, such as `a ZIP archive`
 * @throws DataError when it cannot be opened
 */
export function openInput(path: string, expected: string): number {
  try {
    return openSync(path, 'r');
  } catch (thrown) {
    throw unreadable(path, expected, thrown);
  }
}

/** The whole file, of any size. @throws DataError when it cannot be read */
export function readInput(path: string, expected: string): Uint8Array {
  return reading(path, expected, (file) => readBytes(path, expected, file, fstatSync(file).size));
}

/** Its first bytes, by which formats are told apart; fewer where it is shorter. @throws DataError when it cannot be read */
export function headOfInput(path: string, expected: string, bytes = 512): Uint8Array {
  return reading(path, expected, (file) => readBytes(path, expected, file, bytes));
}

function reading<T>(path: string, expected: string, read: (file: number) => T): T {
  const file = openInput(path, expected);
  try {
    return read(file);
  } finally {
    closeSync(file);
  }
}

function readBytes(path: string, expected: string, file: number, wanted: number): Uint8Array {
  const bytes = new Uint8Array(wanted);
  let at = 0;
  try {
    while (at < wanted) {
      const got = readSync(file, bytes, at, Math.min(wanted - at, mostPerRead), at);
      if (got === 0) break;
      at += got;
    }
  } catch (thrown) {
    // A folder opens, and only reading it fails.
    throw unreadable(path, expected, thrown);
  }
  return bytes.subarray(0, at);
}

function unreadable(path: string, expected: string, cause: unknown): DataError {
  const got = described(`no readable file (${systemCode(cause) ?? 'unknown error'})`);
  return new DataError({ where: path, got, expected, remedy: 'Check the path' }, { cause });
}
