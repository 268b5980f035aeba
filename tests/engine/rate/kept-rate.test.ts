/** @file The rate of a device is measured once per machine, and again when asked for. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { keptRate } from '../../../harness/engine/rate/kept-rate.ts';

let cache: string;
let measured: number;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'rates-'));
  measured = 0;
});
afterEach(() => rmSync(cache, { recursive: true }));

const file = () => join(cache, 'rates', 'cpu.json');
const rate = (again = false) =>
  keptRate('cpu', {
    clock: { now: () => 0, date: () => new Date('2026-01-02T03:04:05Z') },
    output: { write: () => undefined } as never,
    environment: { CONSISTENCY_CACHE: cache },
    measure: () => Promise.resolve(1e11 + (measured += 1)),
    again,
  });

it('is measured by the first plan alone, and says when', async () => {
  expect(await rate()).toMatchObject({ flopsPerSecond: 1e11 + 1, measured: '2026-01-02T03:04:05.000Z' });
  expect((await rate()).flopsPerSecond).toBe(1e11 + 1);
});

it('is measured again when asked for, and kept', async () => {
  await rate();
  expect((await rate(true)).flopsPerSecond).toBe(1e11 + 2);
  expect((await rate()).flopsPerSecond).toBe(1e11 + 2);
});

it.each<[string, (text: string) => string]>([
  ['of another processor', (text) => text.replace(/"processor": "[^"]*"/, '"processor": "another"')],
  ['with other cores', (text) => text.replace(/"cores": \d+/, '"cores": 4096')],
  ['that is damaged', (text) => text.slice(0, 20)],
])('one %s is not taken', async (_, change) => {
  await rate();
  writeFileSync(file(), change(readFileSync(file(), 'utf8')));
  expect((await rate()).flopsPerSecond).toBe(1e11 + 2);
});

it('is measured each time, and said, where the cache cannot be written', async () => {
  writeFileSync(join(cache, 'rates'), 'in the way');
  expect((await rate()).flopsPerSecond).toBe(1e11 + 1);
  expect((await rate()).flopsPerSecond).toBe(1e11 + 2);
});
