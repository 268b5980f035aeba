/** @file bfloat16 on trained weights: it keeps the signal of training up to the grid that plans allow, and not on the finest. */
import { join, resolve } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { trainingSignals, twinSubject, type SignalSubject } from '../../harness/bench/precision.ts';
import { sha256OfFile } from '../../harness/system/files/file-hash.ts';
import { trainableIntervals } from '../../harness/plan/resolve.ts';
import * as shapes from '../../recipes/shapes.ts';
import { engineForTests } from '../engine/engine-fixture.ts';

const root = resolve(import.meta.dirname, '../..');
const weights = join(root, 'tests/fixtures/twin/shapes-ict.safetensors');
let subject: SignalSubject;

beforeAll(async () => {
  await engineForTests();
  subject = twinSubject(shapes.ict, weights, 16);
});

const leastCosine = (N: number, intervals: number): number =>
  Math.min(...trainingSignals(subject, 'bfloat16', N, intervals).map(({ cosine }) => cosine));

test('the weights are those of the fixture', async () => {
  expect(await sha256OfFile(weights)).toBe('70cfae64677d74b44da8d1e727261501c0b6ae1d28a9e3dd7332ec3664e5430a');
});

test('keeps the direction of student minus teacher at every level of the finest grid that a plan allows', () => {
  const intervals = trainableIntervals.bfloat16;
  expect(leastCosine(intervals + 1, intervals)).toBeGreaterThan(0.99);
});

test('loses it on twice as fine a grid, which a plan refuses', () => {
  const intervals = 2 * trainableIntervals.bfloat16;
  expect(leastCosine(intervals + 1, intervals)).toBeLessThan(0.99);
});

test('finds no difference between float32 and itself', () => {
  for (const { cosine, wideNorm, narrowNorm } of trainingSignals(subject, 'float32', 1281, 3)) {
    expect(cosine).toBeCloseTo(1, 6);
    expect(narrowNorm).toBe(wideNorm);
  }
});
