/** @file The tables of scores: retraining beside redrawing. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { reportContext } from '../../../harness/report/sections/context.ts';
import { scoreTables } from '../../../harness/report/sections/scores.ts';
import { writeFixtureRun, type FixtureOptions } from '../fixture/run.ts';

function summaries(options: FixtureOptions): Record<string, readonly string[]> {
  const run = writeFixtureRun(join(mkdtempSync(join(tmpdir(), 'scores-')), 'run'), { gridImages: 8, ...options });
  const [table] = scoreTables(reportContext(run));
  return Object.fromEntries(table!.summaries.map(({ label, cells }) => [label, cells]));
}

it('shows the spread over seeds beside that over draws, and their ratio beside the published one', () => {
  // Bounds: f = 3 (p^(-1/3) - 1) with 2 and 6 degrees of freedom. Of each recipe: means 110, 120 and 130, each with draws -1, 0 and +1, so MS_within = 1 and MS_between = 300.
  const value = (_: string, nfe: number, seed: number) => 100 * nfe + 10 * seed + 9;
  const redraws = (id: string, nfe: number, seed: number) => [1, 2].map((draw) => value(id, nfe, seed) + draw);
  const rows = summaries({ value, redraws });
  expect(rows['standard deviation over draws of one seed']).toEqual(['1.0', '1.0']);
  expect(rows['standard deviation over seeds, that over draws taken out']).toEqual(['10.0', '10.0']);
  const ratio = rows['retraining over redrawing, as a ratio (FID on ImageNet 256x256: 3.2, arXiv:2606.20536)'];
  expect(ratio).toEqual(['10.0 (3.7 to 62.7)', '10.0 (3.7 to 62.7)']);
});

it('says nothing of draws where each seed was drawn once', () => {
  expect(Object.keys(summaries({})).filter((label) => label.includes('draw'))).toEqual([]);
});
