/** @file Retraining beside redrawing: values whose mean squares are known, and quantiles of F in closed form. */
import { describe, expect, it } from 'vitest';
import { HostRandom } from '../../../harness/core/random.ts';
import { spreadOf } from '../../../harness/judge/studies/spread.ts';

describe('the spread of seeds and draws', () => {
  // Means 10, 20, 30, each -1, 0, +1: MS_within = 1 with 6 degrees of freedom, MS_between = 3 * 100.
  const draws = [10, 20, 30].map((mean) => [mean - 1, mean, mean + 1]);

  it('takes out of the spread over seeds what their draws add to it', () => {
    const { redrawing, retraining, ratio } = spreadOf(draws, 0.95)!;
    expect(redrawing).toBeCloseTo(1, 12);
    expect(retraining).toBeCloseTo(Math.sqrt((300 - 1) / 3), 12);
    expect(ratio).toBeCloseTo(Math.sqrt(299 / 3), 12);
  });

  it('has the interval of the F distribution, which is closed with two degrees of freedom above', () => {
    // P(F >= f) = (1 + 2 f / d2)^(-d2 / 2) for d1 = 2.
    const quantile = (above: number): number => (6 / 2) * (above ** (-2 / 6) - 1);
    const { interval } = spreadOf(draws, 0.9)!;
    expect(interval!.low).toBeCloseTo(Math.sqrt((300 / quantile(0.05) - 1) / 3), 10);
    expect(interval!.high).toBeCloseTo(Math.sqrt((300 / quantile(0.95) - 1) / 3), 10);
  });

  it('weighs unequal numbers of draws, and then has no interval', () => {
    // Means 1 and 5: MS_within = 2 / 1; grand mean (0 + 2 + 5) / 3; MS_between = 2 (4/3)^2 + (8/3)^2; n0 = 3 - 5 / 3.
    const { redrawing, retraining, interval } = spreadOf([[0, 2], [5]], 0.95)!;
    expect(redrawing).toBeCloseTo(Math.SQRT2, 12);
    expect(retraining).toBeCloseTo(Math.sqrt((32 / 9 + 64 / 9 - 2) / (4 / 3)), 12);
    expect(interval).toBeNull();
  });

  it('is zero over seeds that differ less than their draws', () => {
    const { retraining, ratio, interval } = spreadOf(
      [
        [0, 4],
        [1, 3],
      ],
      0.95,
    )!;
    expect([retraining, ratio, interval!.low]).toEqual([0, 0, 0]);
  });

  it('has no ratio of one seed, nor over equal draws, and is nothing without a second draw', () => {
    expect(spreadOf([[1, 3]], 0.95)).toEqual({ redrawing: Math.SQRT2, retraining: null, ratio: null, interval: null });
    expect(
      spreadOf(
        [
          [1, 1],
          [3, 3],
        ],
        0.95,
      ),
    ).toMatchObject({ retraining: Math.SQRT2, ratio: null });
    expect(spreadOf([[1], [3]], 0.95)).toBeNull();
    expect(spreadOf([], 0.95)).toBeNull();
  });

  it('covers the true ratio as often as it says', () => {
    const random = new HostRandom(7, 'bootstrap', 1);
    const trials = 2_000;
    const [seeds, count, ratio] = [5, 5, 3.2];
    let covered = 0;
    for (let trial = 0; trial < trials; trial++) {
      const values = Array.from({ length: seeds }, () => {
        const shift = ratio * random.normal();
        return Array.from({ length: count }, () => shift + random.normal());
      });
      const { low, high } = spreadOf(values, 0.95)!.interval!;
      if (low <= ratio && ratio <= high) covered += 1;
    }
    // Four standard errors of a binomial share.
    expect(Math.abs(covered / trials - 0.95)).toBeLessThan(4 * Math.sqrt((0.95 * 0.05) / trials));
  });
});
