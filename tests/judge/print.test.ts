/** @file What is printed before a run about the seeds that are planned. */
import { describe, expect, it } from 'vitest';
import { powerText, settlingOf, settlingText } from '../../harness/judge/print.ts';
import { standardJudgement } from '../../harness/results/judgement.ts';
import * as cifar10 from '../../recipes/cifar10.ts';
import { paperScale, planOf } from '../plan/fixtures.ts';

const { confidence } = standardJudgement;
const plansOf = (seeds: readonly number[], steps: number | null = null) =>
  seeds.map((seed) => planOf({ recipe: cifar10.ct, scale: { ...paperScale, steps }, seed }));

describe('powerText', () => {
  it('says what five seeds of the published recipe can show', () => {
    expect(powerText(plansOf([0, 1, 2, 3, 4]), standardJudgement)).toMatchInlineSnapshot(`
      "Power of 5 seeds: by the sd over seeds, the probability of "reproduced" without bias if the published value is one run (if it is
      the mean), and the smallest bias that is called worse in 80 %
        fid, margin 5 %         sd 1 %: 1.00 (1.00), 9.1 %; sd 2 %: 0.74 (0.96), 13 %; sd 3 %: 0.35 (0.63), 17 %
        is, margin 2 %          sd 1 %: 0.53 (0.83), 6.1 %; sd 2 %: 0.07 (0.15), 10 %; sd 3 %: 0.01 (0.03), 14 %
        precision, margin 3 %   sd 1 %: 0.88 (1.00), 7.1 %; sd 2 %: 0.27 (0.51), 11 %; sd 3 %: 0.07 (0.15), 15 %
        recall, margin 4 %      sd 1 %: 0.98 (1.00), 8.1 %; sd 2 %: 0.53 (0.83), 12 %; sd 3 %: 0.19 (0.38), 16 %
        two recipes: a difference of 1.7 standard deviations of the paired difference is found in 80 %"
    `);
  });

  it('says that a scaled run judges no published number, and what it can show of two recipes', () => {
    const text = powerText(plansOf([0, 1, 2], 100_000), standardJudgement);
    expect(text).toBe(
      'Power of 3 seeds (no published number is judged at this scale)\n  two recipes: a difference of 3.3 standard deviations of the paired difference is found in 80 %',
    );
  });

  it('says that one seed shows nothing', () => {
    expect(powerText(plansOf([0]), standardJudgement)).toBe(
      'Power: 1 seed of 3 that any verdict or comparison needs: nothing will be claimed.',
    );
  });
});

describe('settlingOf', () => {
  const cells = [
    { recipeId: 'cifar10-ct', deviceSeconds: 3600 },
    { recipeId: 'cifar10-ict', deviceSeconds: null },
  ];

  it('takes one spread for all recipes', () => {
    expect(settlingOf(0.05, confidence, 0.02, cells)).toEqual([
      {
        from: 'as given',
        spread: 0.02,
        seeds: 6,
        cost: [
          { recipeId: 'cifar10-ct', deviceSeconds: 6 * 3600 },
          { recipeId: 'cifar10-ict', deviceSeconds: null },
        ],
      },
    ]);
  });

  it('takes the spread of each recipe of a pilot for its own seeds', () => {
    const pilot = [
      { recipeId: 'cifar10-ct', score: 'FID 50k, nfe 1', seeds: 3, spread: 0.02 },
      { recipeId: 'cifar10-ict', score: 'FID 50k, nfe 1', seeds: 3, spread: 0.2 },
    ];
    expect(settlingText(0.05, settlingOf(0.05, confidence, pilot, cells))).toBe(
      [
        'Seeds by which a margin of 5 % is reproduced in 80 % without bias, the published value being one run',
        '  cifar10-ct, FID 50k, nfe 1, 3 seeds, sd 2 %: 6 seeds, cifar10-ct 6 h 00 min',
        '  cifar10-ict, FID 50k, nfe 1, 3 seeds, sd 20 %: no number up to 50: the published value is one run and scatters too far itself',
        '  A spread over few seeds is itself uncertain: over three, the true one may be four times as large.',
      ].join('\n'),
    );
  });
});
