/** @file The baseline of unpacking: what it writes is the same, and nothing is made while it writes. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeInTurn } from '../../../harness/bench/subjects/written-in-turn.ts';
import { systemClock } from '../../../harness/core/clock.ts';
import { unpackWheels } from '../../../harness/engine/install/library/unpack.ts';
import { wheelSet } from '../../../harness/engine/install/library/wheel-set.ts';
import { silence } from '../../../harness/system/progress.ts';
import { testWheel } from '../../engine/install/library/wheel-index.ts';

/** Too much to be written before the next look. */
const unit = 2 ** 24;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'written-in-turn-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

it('asks for a piece only when all before it are in the file', async () => {
  const path = join(folder, 'below', 'file');
  const sizes: number[] = [];
  const pieces = async function* () {
    for (const size of [unit, 2 * unit, 0]) {
      await Promise.resolve();
      yield Buffer.alloc(size, size / unit);
      sizes.push(statSync(path).size);
    }
  };
  await writeInTurn(path, pieces());
  expect(sizes).toEqual([unit, 3 * unit, 3 * unit]);
  expect(readFileSync(path).equals(Buffer.concat([Buffer.alloc(unit, 1), Buffer.alloc(2 * unit, 2)]))).toBe(true);
});

it('unpacks what the installation unpacks', async () => {
  const wheel = testWheel('firstlib', { 'firstlib/a.bin': Buffer.alloc(3_000_000, 'abc'), 'firstlib/b.bin': 'b' });
  const path = join(folder, wheel.file);
  writeFileSync(path, wheel.bytes);
  const set = { ...wheelSet('cpu'), title: 'test', wanted: /firstlib\/.+/, programs: /(?!)/, links: {} };
  const context = { output: silence, clock: systemClock, signal: new AbortController().signal };
  const facts = async (name: string, way: Parameters<typeof unpackWheels>[4]) =>
    (await unpackWheels(set, [{ path }], join(folder, name), context, way)).map(({ path: member, sha256, bytes }) => ({
      member,
      sha256,
      bytes,
    }));
  const installed = await facts('installed', {});
  expect(installed.map(({ bytes }) => bytes)).toEqual([3_000_000, 1]);
  expect(await facts('in-turn', { atOnce: 1, write: writeInTurn, knownHashes: () => new Map() })).toEqual(installed);
});
