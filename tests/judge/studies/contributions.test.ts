/** @file What a choice is worth: ratios against closed forms, what is undecided, and what is missing by name. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { scoreColumns } from '../../../harness/judge/evidence.ts';
import { judgeContributions, judgeStep } from '../../../harness/judge/studies/contributions.ts';
import { tQuantile } from '../../../harness/judge/student-t.ts';
import { fixturePapers } from '../../report/fixture/claims.ts';
import { fixtureCt, fixtureIct } from '../../report/fixture/recipes.ts';
import { writeFixtureRun, type FixtureOptions } from '../../report/fixture/run.ts';

const rule = { confidence: 0.95, minimumSeeds: 3 };

function step(
  without: readonly number[],
  changed: readonly number[],
  better: 'lower' | 'higher' = 'lower',
  planned = 3,
) {
  const bySeed = (values: readonly number[]) => values.map((value, seed) => ({ seed, value }));
  const plannedSeeds = Array.from({ length: planned }, (_, seed) => seed);
  return judgeStep({ without: bySeed(without), with: bySeed(changed), plannedSeeds, better }, rule);
}

describe('judgeStep', () => {
  it('takes the geometric mean of the paired ratios and the t-interval of their logarithms', () => {
    // ln ratios -0.5, -0.6, -0.7: mean -0.6, sd 0.1, so that the half-width is t(2) 0.1 / sqrt(3).
    const without = [400, 500, 600];
    const changed = without.map((value, i) => value * Math.exp(-0.5 - 0.1 * i));
    const judged = step(without, changed);
    const half = (tQuantile(0.95, 2) * 0.1) / Math.sqrt(3);
    expect(judged).toMatchObject({ outcome: 'better', why: '', seeds: 3 });
    expect(judged.measured!.ratio).toBeCloseTo(Math.exp(-0.6), 12);
    expect(judged.measured!.interval!.low).toBeCloseTo(Math.exp(-0.6 - half), 12);
    expect(judged.measured!.interval!.high).toBeCloseTo(Math.exp(-0.6 + half), 12);
  });

  it('has successive steps multiply to the whole way', () => {
    const [a, b, c] = [
      [600, 580, 630],
      [410, 400, 390],
      [230, 240, 260],
    ] as const;
    const ratio = (from: readonly number[], to: readonly number[]) => step(from, to).measured!.ratio;
    expect(ratio(a, b) * ratio(b, c)).toBeCloseTo(ratio(a, c), 12);
  });

  it('calls a rise worse where lower is better, and better where higher is', () => {
    expect(step([100, 110, 120], [150, 164, 181]).outcome).toBe('worse');
    expect(step([100, 110, 120], [150, 164, 181], 'higher').outcome).toBe('better');
  });

  it('leaves undecided what holds zero, lacks a planned seed, has few seeds or no ratio', () => {
    expect(step([100, 110, 120], [90, 130, 110])).toMatchObject({
      outcome: 'undecided',
      why: 'the interval holds zero',
    });
    expect(step([100, 110], [50, 55])).toMatchObject({
      outcome: 'undecided',
      why: '2 of 3 planned seeds finished both',
      seeds: 2,
    });
    expect(step([100, 110], [50, 55], 'lower', 2)).toMatchObject({ outcome: 'undecided', why: 'fewer than 3 seeds' });
    expect(step([100], [50], 'lower', 1).measured).toMatchObject({ ratio: 0.5, interval: null });
    expect(step([0.1, 0.1, -0.01], [0.1, 0.2, 0.1])).toMatchObject({
      outcome: 'undecided',
      why: 'a score is not positive: it has no ratio',
      measured: null,
    });
    expect(step([], [50, 55, 60])).toMatchObject({ outcome: 'missing', why: 'no seed finished both', measured: null });
  });
});

describe('judgeContributions', () => {
  const [ablation] = fixturePapers.ablations;
  const tuning = { ...fixtureCt, id: 'shapes-ladder-1-tuning', tuning: fixtureIct.tuning };
  const weighting = {
    ...tuning,
    id: 'shapes-ladder-2-weighting',
    method: { ...tuning.method, weighting: fixtureIct.method.weighting },
  };
  const judged = (options: FixtureOptions) => {
    const folder = join(mkdtempSync(join(tmpdir(), 'contributions-')), 'run');
    const run = writeFixtureRun(folder, { gridImages: 8, ...options });
    return judgeContributions(run, scoreColumns(run)[0]!, ablation!);
  };

  it('goes both ways, and names a recipe that was not planned or has no result', () => {
    const spoiled = Object.fromEntries(
      [0, 1, 2].map((seed) => [`shapes-ladder-1-tuning-seed${seed}`, 'missing'] as const),
    );
    const recipes = [fixtureCt, tuning, weighting, fixtureIct];
    const found = judged({ recipes, spoiled, value: (id, _, seed) => (id === 'shapes-ict' ? 200 : 400) + seed });
    expect(found.map(({ direction, step: { change }, outcome, why }) => [direction, change, outcome, why])).toEqual([
      ['added', 'tuning', 'missing', 'shapes-ladder-1-tuning has no result'],
      ['added', 'weighting', 'missing', 'shapes-ladder-1-tuning has no result'],
      ['added', 'teacher', 'better', ''],
      ['removed', 'weighting', 'missing', 'shapes-ict-without-weighting was not planned'],
      ['removed', 'teacher', 'better', ''],
    ]);
    expect(found.filter(({ outcome }) => outcome === 'missing').every(({ measured }) => measured === null)).toBe(true);
  });

  it('never bridges a missing rung: the step above it has no number either', () => {
    const found = judged({ recipes: [fixtureCt, weighting, fixtureIct] });
    expect(found.slice(0, 2).map(({ measured }) => measured)).toEqual([null, null]);
  });
});
