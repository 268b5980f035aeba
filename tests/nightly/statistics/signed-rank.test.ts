/** @file Signed-rank p-values, critical sums and intervals against SciPy; Walsh averages added one by one. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { criticalRankSum, signedRank, WalshAverages } from '../../../harness/nightly/statistics/signed-rank.ts';

interface Golden {
  readonly tests: readonly {
    readonly name: string;
    readonly differences: readonly number[];
    readonly above: number;
    readonly below: number;
    readonly twoSided: number;
  }[];
  readonly intervals: readonly {
    readonly name: string;
    readonly estimate: number;
    readonly low: number;
    readonly high: number;
    readonly confidence: number;
  }[];
  readonly critical: readonly (readonly [number, number, number])[];
}

const golden = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../golden/nightly/signed-rank.json'), 'utf8'),
) as Golden;

describe('signedRank', () => {
  it.each(golden.tests)('is that of SciPy for $name', ({ differences, above, below, twoSided }) => {
    const test = signedRank(differences);
    for (const [ours, theirs] of [
      [test.above, above],
      [test.below, below],
      [test.twoSided, twoSided],
    ] as const) {
      expect(Math.abs(ours / theirs - 1)).toBeLessThan(1e-12);
    }
  });

  it('counts the signs of tied differences: n equal ones reach 2^-n', () => {
    expect(signedRank(Array<number>(8).fill(0.01)).above).toBe(2 ** -8);
  });

  it('says nothing of zeros alone', () => {
    expect(signedRank([0, 0, 0])).toEqual({ positive: 0, used: 0, above: 1, below: 1, twoSided: 1 });
  });
});

describe('criticalRankSum', () => {
  it.each(golden.critical)('for %d differences at %d is %d', (count, alpha, critical) => {
    expect(criticalRankSum(count, alpha)).toBe(critical);
  });

  it('is beyond all ranks where no sum is so rare: five signs reach 1/32', () => {
    expect(criticalRankSum(5, 0.01)).toBe(16);
    expect(new WalshAverages([1, 2, 3, 4, 5]).shiftToAlarm(0.01)).toBeNull();
  });

  it('agrees with the normal distribution beyond fifty: z(0.01) standard deviations and half a rank above the mean', () => {
    // Mean 60 61 / 4 = 915, variance 60 61 121 / 24 = 18452.5; z = 2.3263.
    expect(criticalRankSum(60, 0.01)).toBe(Math.ceil(915 + 0.5 + 2.326_347_874 * Math.sqrt(18_452.5)));
  });
});

describe('WalshAverages', () => {
  it.each(golden.intervals)('have the estimate and interval of $name', ({ name, estimate, low, high, confidence }) => {
    const { differences } = golden.tests.find((one) => one.name === name)!;
    const averages = new WalshAverages(differences);
    expect(averages.estimate).toBeCloseTo(estimate, 13);
    const interval = averages.interval(0.95);
    expect(interval.low).toBeCloseTo(low, 13);
    expect(interval.high).toBeCloseTo(high, 13);
    expect(interval.confidence).toBeCloseTo(confidence, 13);
  });

  it('span all differences where these are too few, at the confidence that this has', () => {
    expect(new WalshAverages([3, 1, 2]).interval(0.95)).toEqual({ low: 1, high: 3, confidence: 0.75 });
  });

  it('say from which shift on the test alarms', () => {
    const { differences } = golden.tests[1]!;
    const shift = new WalshAverages(differences).shiftToAlarm(0.01)!;
    const above = (by: number): number => signedRank(differences.map((value) => value + by)).above;
    expect(above(shift + 1e-9)).toBeLessThanOrEqual(0.01);
    expect(above(shift - 1e-9)).toBeGreaterThan(0.01);
  });
});
