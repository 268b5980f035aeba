/**
 * @file Reuses an unfinished file of fixed-size records for another file with the same leading records.
 *
 * The contents of the records are known beforehand, by their keys.
 *
 * Beside the unfinished `<path>.part` (harness/system/download/unfinished-file.ts) stands `<path>.keys`, a key of 16 bytes per record of the whole file,
 * for as long as the work goes on.
 */
import { basename, dirname } from 'node:path';
import { systemCode } from '../../core/errors.ts';
import { writeFileAtomically } from '../files/atomic-file.ts';
import { exists, makeFolder, move, namesIn, remove, removeEmptyFolder, sizeOf } from '../files/files.ts';
import { readInput } from '../files/input-file.ts';
import { openForUpdate } from '../files/open-file.ts';

export const recordKeyBytes = 16;

export interface KnownRecords {
  /** Bytes of one record. */
  readonly recordBytes: number;
  /** One key for each record, by which equal records are known. */
  readonly keys: Uint8Array;
}

/**
 * Writes the keys of a file that is about to be made; where nothing of it is done, takes the longest beginning that another unfinished file
 * shares with it. A file that a process is at work on has no `.part` and is not taken.
 * @param others that may be unfinished
 * @throws DataError when the folder cannot be written
 */
export function beginRecords(path: string, { recordBytes, keys }: KnownRecords, others: readonly string[]): void {
  if (isBegun(path)) return;
  const shared = others.map((other) => ({ other, records: sharedRecords(other, keys, recordBytes) }));
  const [best] = shared.filter(({ records }) => records > 0).sort((a, b) => b.records - a.records);
  makeFolder(dirname(path));
  if (best) takeUp(best.other, path, best.records * recordBytes);
  writeFileAtomically(keysOf(path), keys);
}

function takeUp(other: string, path: string, bytes: number): void {
  try {
    cutOff(partOf(other), bytes);
    move(partOf(other), partOf(path));
  } catch (thrown) {
    // Another process was faster at taking it up.
    if (systemCode(thrown) === 'ENOENT') return;
    throw thrown;
  }
  forgetKeys(other);
}

function cutOff(path: string, bytes: number): void {
  const file = openForUpdate(path);
  try {
    file.truncate(bytes);
  } finally {
    file.close();
  }
}

/** Ends what `beginRecords` began, in this process or in one that was killed: the file is finished, or its work was taken. An empty folder goes too. */
export function forgetKeys(path: string): void {
  if (!exists(keysOf(path))) return;
  remove(keysOf(path));
  try {
    removeEmptyFolder(dirname(path));
  } catch (thrown) {
    if (systemCode(thrown) !== 'ENOTEMPTY' && systemCode(thrown) !== 'ENOENT') throw thrown;
  }
}

/** Whether the file is finished, or somebody has begun it. */
function isBegun(path: string): boolean {
  const folder = dirname(path);
  if (!exists(folder)) return false;
  const name = basename(path);
  return namesIn(folder).some((one) => one === name || one.startsWith(partOf(name)));
}

/** How many records that are done in another file are the first ones of this one. */
function sharedRecords(other: string, keys: Uint8Array, recordBytes: number): number {
  if (!exists(partOf(other)) || !exists(keysOf(other))) return 0;
  const done = Math.floor(sizeOf(partOf(other)) / recordBytes);
  const theirs = readInput(keysOf(other), 'the keys of an unfinished set');
  const most = Math.min(done, theirs.length / recordKeyBytes, keys.length / recordKeyBytes);
  let records = 0;
  const key = (of: Uint8Array): Uint8Array => of.subarray(records * recordKeyBytes, (records + 1) * recordKeyBytes);
  while (records < most && Buffer.compare(key(theirs), key(keys)) === 0) records += 1;
  return records;
}

function partOf(path: string): string {
  return `${path}.part`;
}

function keysOf(path: string): string {
  return `${path}.keys`;
}
