/** @file Leakage of a distance: values whose ratios are known, and runs in which nothing can be said. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compareInColumns, controlColumns, scoreColumns } from '../../../harness/judge/evidence.ts';
import { judgeLeakage } from '../../../harness/judge/studies/leakage.ts';
import type { Run } from '../../../harness/results/run.ts';
import { fixtureCt, fixtureIct } from '../../report/fixture/recipes.ts';
import { writeFixtureRun, type FixtureOptions } from '../../report/fixture/run.ts';

const through = {
  ...fixtureCt,
  method: { ...fixtureCt.method, distance: { kind: 'perceptual', features: 'shapes-encoder-1' } },
} as const;
/** iCT has half the score; in the encoder's features it has as much as the other, times what a seed adds. */
const bySeed = [0.8, 1, 1.25];
const values: FixtureOptions = {
  recipes: [through, fixtureIct],
  value: (id, nfe, seed) => (id === 'shapes-ct' ? 400 : 200) * nfe + seed,
  control: (id, nfe, seed) => (id === 'shapes-ct' ? 40 * nfe + seed / 10 : (40 * nfe + seed / 10) * bySeed[seed]!),
};
const run = (options: FixtureOptions): Run =>
  writeFixtureRun(join(mkdtempSync(join(tmpdir(), 'leakage-')), 'run'), { gridImages: 8, ...options });

describe('the leakage of a distance', () => {
  it('is how many times larger a lead is in the features that it looks through', () => {
    const [one, two] = judgeLeakage(run({ ...values, value: (id, nfe) => (id === 'shapes-ct' ? 400 : 200) * nfe }));
    expect([one!.through, one!.judged.key, one!.control.key]).toEqual([
      'shapes-ct',
      'fd-shapes/nfe1',
      'fd-encoder/nfe1',
    ]);
    expect(two!.control.key).toBe('fd-encoder/nfe2');
    const [other] = one!.others;
    // (c_o / c_p) / (s_o / s_p) = bySeed / (1 / 2), whose geometric mean is 2; t(2) sd / sqrt(3) with sd = ln 1.25.
    expect(other).toMatchObject({ recipeId: 'shapes-ict', seeds: 3 });
    expect(other!.factor).toBeCloseTo(2, 10);
    const half = (4.302652729749464 * Math.log(1.25)) / Math.sqrt(3);
    expect(other!.interval!.low).toBeCloseTo(2 * Math.exp(-half), 8);
    expect(other!.interval!.high).toBeCloseTo(2 * Math.exp(half), 8);
  });

  it('is not there where no recipe was trained through the network, or nothing was scored in its features', () => {
    expect(judgeLeakage(run({ ...values, recipes: [fixtureCt, fixtureIct] }))).toEqual([]);
    const { recipes, value } = values as Required<FixtureOptions>;
    expect(judgeLeakage(run({ recipes, value }))).toEqual([]);
  });

  it('counts the seeds that have all four scores', () => {
    const [column] = judgeLeakage(run({ ...values, spoiled: { 'shapes-ict-seed1': 'diverged' } }));
    expect(column!.others[0]!.seeds).toBe(2);
  });
});

it('a score in the features of the distance is shown beside the others, and no recipe is judged by it', () => {
  const all = run(values);
  expect(controlColumns(all).map(({ key }) => key)).toEqual(['fd-encoder/nfe1', 'fd-encoder/nfe2']);
  const columns = scoreColumns(all);
  expect(columns.map(({ key }) => key)).toEqual(['fd-shapes/nfe1', 'fd-shapes/nfe2']);
  const [comparison] = compareInColumns(all, columns, 'shapes-ct', 'shapes-ict');
  expect(comparison!.family).toBe(2);
});
