/** @file Means, intervals and differences against numbers that can be worked out by hand. */
import { describe, expect, it } from 'vitest';
import { HostRandom } from '../../harness/core/random.ts';
import {
  expectedMinimum,
  meanOf,
  pairedDifference,
  summarise,
  welchDifference,
} from '../../harness/judge/statistics.ts';

describe('summarise', () => {
  it('gives mean, standard deviation, range and t-interval of 1, 2, 3', () => {
    const summary = summarise([1, 2, 3], 0.95);
    expect(summary).toMatchObject({ count: 3, mean: 2, sd: 1, smallest: 1, largest: 3, range: 2 });
    // t(0.95, 2) = 4.302652729749464, and sd / sqrt(3) = 0.5773502691896258.
    expect(summary.interval!.high - 2).toBeCloseTo(4.302652729749464 * 0.5773502691896258, 12);
    expect(2 - summary.interval!.low).toBeCloseTo(4.302652729749464 * 0.5773502691896258, 12);
  });

  it('has no spread and no interval for one value', () => {
    expect(summarise([5], 0.95)).toMatchObject({ count: 1, mean: 5, sd: null, range: 0, interval: null });
  });

  it('refuses a value that is not finite', () => {
    expect(() => summarise([1, Number.NaN], 0.95)).toThrow(
      'statistics: got NaN, expected finite values. Count a cell without a finite value as diverged or failed instead.',
    );
  });

  it('covers the true mean as often as it says', () => {
    const random = new HostRandom(7, 'bootstrap', 0);
    const trials = 4000;
    let covered = 0;
    for (let i = 0; i < trials; i++) {
      const { interval } = summarise([random.normal(), random.normal(), random.normal()], 0.9);
      if (interval!.low <= 0 && interval!.high >= 0) covered += 1;
    }
    // Four standard errors of a proportion of 0.9 over 4000 trials.
    expect(Math.abs(covered / trials - 0.9)).toBeLessThan(4 * Math.sqrt((0.9 * 0.1) / trials));
  });
});

describe('pairedDifference', () => {
  it('sees through a spread that both share', () => {
    const difference = pairedDifference([600, 700, 800], [390, 500, 590], 0.95);
    expect(difference.mean).toBeCloseTo(-620 / 3, 12);
    // Differences -210, -200, -210: sd = sqrt(33.33) = 5.7735.
    expect(difference.sd).toBeCloseTo(5.773502691896258, 12);
    expect(difference.interval.high).toBeCloseTo(-620 / 3 + (4.302652729749464 * 5.773502691896258) / Math.sqrt(3), 10);
    expect(difference.degrees).toBe(2);
  });

  it('has probability 1 for no difference and 0 for a constant one', () => {
    expect(pairedDifference([1, 2], [1, 2], 0.95).pValue).toBe(1);
    expect(pairedDifference([1, 2], [2, 3], 0.95).pValue).toBe(0);
  });

  it('refuses one pair and unequal lengths', () => {
    expect(() => pairedDifference([1], [2], 0.95)).toThrow(
      'statistics: got 1 values, expected at least 2. Run more seeds.',
    );
    expect(() => pairedDifference([1, 2], [2], 0.95)).toThrow(
      'paired difference: got 2 and 1 values, expected one value of each per seed. Leave out the seeds that only one of the two finished.',
    );
  });
});

describe('welchDifference', () => {
  it('gives the degrees of Satterthwaite for unequal sizes and variances', () => {
    const first = [27.5, 21.0, 19.0, 23.6, 17.0, 17.9, 16.9, 20.1, 21.9, 22.6, 23.1, 19.6, 19.0, 21.7, 21.4];
    const second = [27.1, 22.0, 20.8, 23.4, 23.4, 23.5, 25.8, 22.0, 24.8, 20.2, 21.9, 22.1, 22.9, 30.5];
    const difference = welchDifference(first, second, 0.95);
    // Python 3.11 statistics.variance and Satterthwaite's formula; the tail by mpmath 1.3.0 at 40 digits.
    expect(difference.mean).toBeCloseTo(2.78, 12);
    expect(difference.degrees).toBeCloseTo(26.952746503270305, 10);
    expect(difference.pValue).toBeCloseTo(0.011616192002630837, 12);
  });

  it('equals the pooled test when both variances and sizes are equal', () => {
    const difference = welchDifference([1, 2, 3], [4, 5, 6], 0.95);
    expect(difference.degrees).toBeCloseTo(4, 12);
    // Standard error sqrt(1/3 + 1/3), t(0.95, 4) = 2.7764451051977943.
    expect(difference.interval.high).toBeCloseTo(3 + 2.7764451051977943 * Math.sqrt(2 / 3), 12);
  });
});

describe('expectedMinimum', () => {
  it('is the known order statistic of the normal distribution', () => {
    expect(expectedMinimum(1)).toBeCloseTo(0, 12);
    expect(expectedMinimum(2)).toBeCloseTo(-1 / Math.sqrt(Math.PI), 10);
    expect(expectedMinimum(3)).toBeCloseTo(-1.5 / Math.sqrt(Math.PI), 10);
    // mpmath 1.3.0: quad of x n phi(x) Q(x)^(n-1).
    expect(expectedMinimum(10)).toBeCloseTo(-1.53875273083517, 9);
    expect(expectedMinimum(80)).toBeCloseTo(-2.4267744184713, 9);
  });
});

describe('meanOf', () => {
  it('gives exactly the value when all are equal', () => {
    expect(meanOf([0.1, 0.1, 0.1])).toBe(0.1);
  });
});
