/** @file How numbers, names and conclusions are written. */
import { describe, expect, it } from 'vitest';
import { compareSeeds } from '../../harness/judge/compare.ts';
import { logTicks } from '../../harness/report/sections/curves.ts';
import { median } from '../../harness/report/sections/cost.ts';
import {
  imagesText,
  listText,
  parameterText,
  percentText,
  probabilityText,
  recipeLabel,
  samplerText,
  scoreText,
  scoreWriter,
} from '../../harness/report/words/numbers.ts';
import { meaningOf, qualifiedLabel } from '../../harness/report/words/recipe-label.ts';
import { statementOf } from '../../harness/report/words/statement.ts';
import { recipes } from '../../recipes/index.ts';
import { fixtureCt, fixtureIct } from './fixture/recipes.ts';

describe('numbers', () => {
  it('have as many decimals as their size deserves', () => {
    expect([602.14, 38.42, 2.831, 0.71, 0.0123, 12_345.6].map(scoreText)).toEqual([
      '602.1',
      '38.42',
      '2.831',
      '0.710',
      '0.0123',
      '12,345.6',
    ]);
  });

  it('of one column share their decimals, with true minus signs', () => {
    const { plain, signed } = scoreWriter([602.14, 383.2]);
    expect([plain(4.41), signed(-219), signed(3.04), signed(0)]).toEqual(['4.4', '\u2212219.0', '+3.0', '0.0']);
  });

  it('of recipes read as they are written', () => {
    expect([400_000, 0.000_54, 1e-8, -1.1, null].map(parameterText)).toEqual([
      '400,000',
      '0.00054',
      '1e-8',
      '\u22121.1',
      'none',
    ]);
  });

  it('of images, shares and probabilities keep short', () => {
    expect([500, 256_000, 409_600_000].map(imagesText)).toEqual(['500', '256k', '409.6\u00a0M']);
    expect([percentText(0.95), percentText(0.000_937_5)]).toEqual(['95\u00a0%', '0.0938\u00a0%']);
    expect([probabilityText(0.0321), probabilityText(1e-7)]).toEqual(['0.0321', '< 0.0001']);
  });
});

describe('names', () => {
  it('of recipes lose their data set and spell the method', () => {
    const labels = [
      'cifar10-ict-deep',
      'cifar10-ct',
      'cifar10-ct-paper-mu',
      'cifar10-ladder-2-teacher',
      'cifar10-ict-without-noise',
      'other',
    ];
    expect(labels.map((id) => recipeLabel(id, 'cifar10'))).toEqual([
      'iCT-deep',
      'CT',
      'CT-paper-mu',
      '+ teacher',
      'iCT without noise',
      'other',
    ]);
  });

  it('of recipes say what makes them another method than the published one', () => {
    const squared = { distance: { kind: 'squared-l2' } } as const;
    expect(qualifiedLabel('shapes-ct', 'shapes', fixtureCt.method)).toBe(
      'CT (squared \u2113\u2082, \u03bb\u00a0=\u00a01)',
    );
    const perceptual = { distance: { kind: 'perceptual', features: 'shapes-encoder-1' } } as const;
    expect(qualifiedLabel('shapes-ct', 'shapes', { ...fixtureCt.method, ...perceptual })).toBe(
      'CT (perceptual, not LPIPS)',
    );
    expect(qualifiedLabel('shapes-ict', 'shapes', fixtureIct.method)).toBe('iCT');
    expect(qualifiedLabel('cifar10-ct', 'cifar10', { ...recipes['cifar10-ct']!.method })).toBe('CT');
    expect(qualifiedLabel('shapes-ct', 'shapes', { ...fixtureIct.method, ...squared })).toBe('CT');
    expect(qualifiedLabel('shapes-ct', 'shapes', null)).toBe('CT');
  });

  it('of recipes come with a sentence on what they are where the name does not say it', () => {
    expect(meaningOf('shapes-ct', 'shapes', fixtureCt.method)).toMatch(
      /^CT \(squared \u2113\u2082, \u03bb\u00a0=\u00a01\) is not the published CT, whose distance is LPIPS: .* says nothing of the published CT\.$/,
    );
    expect(meaningOf('shapes-ict', 'shapes', fixtureIct.method)).toBeNull();
    expect(meaningOf('cifar10-ct', 'cifar10', recipes['cifar10-ct']!.method)).toBeNull();
  });

  it('of samplers and lists are prose', () => {
    expect([samplerText(1), samplerText(2), samplerText(35)]).toEqual(['one step', 'two steps', '35 steps']);
    expect([listText([]), listText(['a']), listText(['a', 'b', 'c'])]).toEqual(['', 'a', 'a, b and c']);
  });
});

describe('statementOf', () => {
  it('says better only with its numbers, denominators, tests and spread', () => {
    expect(statement([600, 620, 591], [379, 398, 372], [0, 1, 2])).toEqual({
      claim: 'iCT is better than CT on 3 of 3 seeds, by more than the seeds explain.',
      detail:
        'Paired difference \u2212220.7 (95\u00a0% interval \u2212224.5 to \u2212216.9, n\u00a0=\u00a03 of 3); p < 0.0001. Exact sign-flip p 0.2500, at least 0.2500 with so few seeds. Seed spread 29.0. Pairing by seed removes 99.4\u00a0% of the variance of the difference.',
    });
  });

  it('says when the exact test does not confirm what the interval claims', () => {
    const baseline = [0, 0, 0, 0, 0, 0, 0];
    const { claim, detail } = statement(baseline, [-1, -1.6, 0.7, -1.7, -1.1, -1.5, -0.9], [0, 1, 2, 3, 4, 5, 6]);
    expect(claim).toBe('iCT is better than CT on 6 of 7 seeds, by more than the seeds explain.');
    expect(detail).toContain('Exact sign-flip p 0.0313.');
    const doubtful = statement([0, 0, 0, 0, 0, 0], [-1.2, -1.1, -1.3, 0.25, -1, -1.2], [0, 1, 2, 3, 4, 5]);
    expect(doubtful.detail).toContain('Exact sign-flip p 0.0625, which does not confirm it.');
  });

  it('says over how many scores Holm corrected', () => {
    const inputs = [1, 2].map(() => input([600, 620, 591], [379, 398, 372], [0, 1, 2]));
    const [first] = compareSeeds(inputs, { confidence: 0.95, minimumSeeds: 3 });
    expect(statementOf(first!, 'CT', 'iCT').detail).toContain('p < 0.0001, after Holm over 2 scores < 0.0001.');
  });

  it('claims nothing where the seeds explain it, with a seed missing, or from fewer than three', () => {
    expect(statement([100, 120, 110], [95, 118, 112], [0, 1, 2]).claim).toBe(
      'iCT is better than CT on 2 of 3 seeds, but not by more than the seeds explain: nothing is claimed.',
    );
    expect(statement([600, 620], [379, 398], [0, 1, 2]).claim).toBe(
      'iCT is better than CT on 2 of the 2 seeds that finished both, of 3 planned: nothing is claimed.',
    );
    expect(statement([600, 620], [379, 398], [0, 1]).claim).toBe(
      'iCT is better than CT on 2 of 2 seeds: too few, nothing is claimed from fewer than 3.',
    );
    expect(statement([600], [379], [0])).toEqual({
      claim: 'iCT is better than CT on 1 of 1 seed: too few, nothing is claimed from fewer than 3.',
      detail: 'The difference is \u2212221.0.',
    });
    expect(statement([], [], [0]).claim).toBe('No seed finished both iCT and CT: nothing is claimed.');
  });
});

it('logTicks are round and inside the axis', () => {
  expect(logTicks(350, 1500)).toEqual([400, 500, 600, 800, 1000, 1500]);
  expect(logTicks(2, 40)).toEqual([2, 5, 10, 20]);
  expect(logTicks(0.001, 90)).toEqual([0.001, 0.01, 0.1, 1, 10]);
});

it('median is the middle, or the mean of the middle two', () => {
  expect([median([3, 1, 2]), median([4, 1, 2, 3])]).toEqual([2, 2.5]);
});

function statement(baseline: readonly number[], candidate: readonly number[], plannedSeeds: readonly number[]) {
  const rule = { confidence: 0.95, minimumSeeds: 3 };
  return statementOf(compareSeeds([input(baseline, candidate, plannedSeeds)], rule)[0]!, 'CT', 'iCT');
}

function input(baseline: readonly number[], candidate: readonly number[], plannedSeeds: readonly number[]) {
  const bySeed = (values: readonly number[]) => values.map((value, seed) => ({ seed, value }));
  return { baseline: bySeed(baseline), candidate: bySeed(candidate), plannedSeeds, better: 'lower' } as const;
}
