/**
 * @file Reuses an unfinished file of fixed-size records for another file with the same leading records.
 *
 * The contents of the records are known beforehand, by their keys.
 *
 * Beside the unfinished `<path>.part` (harness/system/download/unfinished-file.ts) stands `<path>.keys`, a key of 16 bytes per record of the whole file,
 * for as long as the work goes on.
 */
import { diskOf } from '../disk.ts';
import { basename, dirname } from 'node:path';
import { systemCode } from '../../core/errors.ts';
import { writeFileAtomically } from '../files/atomic-file.ts';
import { asWriteError } from '../files/system-error.ts';

const { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, rmdirSync, statSync, truncateSync } =
  diskOf('download/unfinished-records');

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
  try {
    mkdirSync(dirname(path), { recursive: true });
    if (best) {
      truncateSync(`${best.other}.part`, best.records * recordBytes);
      renameSync(`${best.other}.part`, `${path}.part`);
      forgetKeys(best.other);
    }
  } catch (thrown) {
    // Another process was faster at taking it up.
    if (systemCode(thrown) !== 'ENOENT') throw asWriteError(path, thrown);
  }
  writeFileAtomically(`${path}.keys`, keys);
}

/** Ends what `beginRecords` began: the file is finished, or its work was taken. An empty folder goes too. */
export function forgetKeys(path: string): void {
  rmSync(`${path}.keys`, { force: true });
  try {
    rmdirSync(dirname(path));
  } catch (thrown) {
    if (systemCode(thrown) !== 'ENOTEMPTY' && systemCode(thrown) !== 'ENOENT') throw asWriteError(path, thrown);
  }
}

/** Whether the file is finished, or somebody has begun it. */
function isBegun(path: string): boolean {
  const folder = dirname(path);
  if (sizeOf(folder) === null) return false;
  const name = basename(path);
  return readdirSync(folder).some((one) => one === name || one.startsWith(`${name}.part`));
}

/** How many records that are done in another file are the first ones of this one. */
function sharedRecords(other: string, keys: Uint8Array, recordBytes: number): number {
  const done = Math.floor((sizeOf(`${other}.part`) ?? 0) / recordBytes);
  if (done === 0 || sizeOf(`${other}.keys`) === null) return 0;
  const theirs = readFileSync(`${other}.keys`);
  const most = Math.min(done, theirs.length / recordKeyBytes, keys.length / recordKeyBytes);
  let records = 0;
  const key = (of: Uint8Array): Uint8Array => of.subarray(records * recordKeyBytes, (records + 1) * recordKeyBytes);
  while (records < most && Buffer.compare(key(theirs), key(keys)) === 0) records += 1;
  return records;
}

function sizeOf(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.size ?? null;
}
