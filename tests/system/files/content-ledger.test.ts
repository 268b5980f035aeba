/** @file Contents remembered by path, size and times: reread when any of them changed, and never believed too early. */
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { sha256 } from '../../../harness/core/hash.ts';
import { ContentLedger } from '../../../harness/system/files/content-ledger.ts';

let folder: string;
let file: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ledger-'));
  file = join(folder, 'x.bin');
  path = join(folder, 'below', 'ledger.bin');
  writeFileSync(file, 'old');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A day later: the times of the file lie well before the reading. */
const later = { now: () => 0, date: () => new Date(Date.now() + 86_400_000) };
const now = { now: () => 0, date: () => new Date() };

async function digest(clock = later): Promise<string> {
  const [contents] = await new ContentLedger(path, clock).contents([file], 'a file', () => undefined);
  return contents!.sha256;
}

it('remembers what a file held', async () => {
  expect(await digest()).toBe(sha256('old'));
  expect(statSync(path).size).toBe(48);
  expect(await digest()).toBe(sha256('old'));
  expect(statSync(path).size).toBe(48);
});

it('sees other content of equal size and equal time of change', async () => {
  utimesSync(file, 1_000, 1_000);
  expect(await digest()).toBe(sha256('old'));
  const inodeTime = (): bigint => statSync(file, { bigint: true }).ctimeNs;
  // The clock of the file system ticks in milliseconds.
  for (const before = inodeTime(); inodeTime() === before;) {
    writeFileSync(file, 'new');
    utimesSync(file, 1_000, 1_000);
  }
  expect(statSync(file).mtimeMs).toBe(1_000_000);
  expect(await digest()).toBe(sha256('new'));
});

it('does not believe a file that was touched just before it was read', async () => {
  expect(await digest(now)).toBe(sha256('old'));
  expect(existsSync(path)).toBe(false);
});

it('begins anew where it was cut short', async () => {
  await digest();
  appendFileSync(path, 'half an entry');
  expect(await digest()).toBe(sha256('old'));
  expect(readFileSync(path)).toHaveLength(48);
});

it('names a file that cannot be read', async () => {
  file = join(folder, 'gone');
  await expect(digest()).rejects.toThrow(`${file}: got no readable file (ENOENT), expected a file. Check the path.`);
});
