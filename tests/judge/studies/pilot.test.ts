/** @file The spread over seeds of a finished run. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { pilotSpreads } from '../../../harness/judge/studies/pilot.ts';
import { writeFixtureRun, type FixtureOptions } from '../../report/fixture/run.ts';

const run = (options: FixtureOptions) =>
  writeFixtureRun(join(mkdtempSync(join(tmpdir(), 'pilot-')), 'run'), { gridImages: 8, ...options });

it('is the standard deviation as a share of the mean, per recipe and score', () => {
  const value = (_: string, nfe: number, seed: number) => 100 * nfe + 10 * seed;
  const spreads = pilotSpreads(run({ seeds: [0, 1], value }));
  expect(spreads.map(({ recipeId, score, seeds }) => [recipeId, score, seeds])).toEqual([
    ['shapes-ct', 'fd-shapes, nfe 1', 2],
    ['shapes-ct', 'fd-shapes, nfe 2', 2],
    ['shapes-ict', 'fd-shapes, nfe 1', 2],
    ['shapes-ict', 'fd-shapes, nfe 2', 2],
  ]);
  expect(spreads[0]!.spread).toBeCloseTo(Math.SQRT1_2 / 10.5, 12);
});

it('is nothing of a single seed', () => {
  expect(pilotSpreads(run({ seeds: [0] }))).toEqual([]);
});
