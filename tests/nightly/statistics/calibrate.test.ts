/** @file Simulated nights against closed forms: alarm rates of normal noise, planted shifts, exact binomial intervals. */
import { describe, expect, it } from 'vitest';
import { namedKey, PhiloxRandom } from '../../../harness/core/philox.ts';
import {
  calibrate,
  proportion,
  type Calibration,
  simulateNights,
  type Source,
} from '../../../harness/nightly/statistics/calibrate.ts';
import { criticalRankSum, signedRank } from '../../../harness/nightly/statistics/signed-rank.ts';
import { gate } from '../nights.ts';

const normal =
  (sd: number, mean = 0): Source =>
  (random) =>
  () =>
    mean + sd * random.normal();

/** The size of the exact test: P(W+ >= c) <= alpha, which is less than alpha because sums are whole numbers. */
function sizeOf(count: number, alpha: number): number {
  const critical = criticalRankSum(count, alpha);
  const signs = (sum: number): number[] => {
    let left = sum;
    return Array.from({ length: count }, (_, i) => count - i).map((rank) => {
      if (rank > left) return -rank;
      left -= rank;
      return rank;
    });
  };
  return signedRank(signs(critical)).above;
}

describe('simulateNights', () => {
  it('alarms on normal noise as often as both tests together: 1 - (1 - a1 a2)^rows', () => {
    // One number of pairs, so that no stage ends early, and a margin that noise is always beyond.
    const fixed = { ...gate, alphaFirst: 0.1, alphaConfirm: 0.2, fewestPairs: 12, mostPairs: 12 };
    const rows = ['a', 'b', 'c'].map((id) => ({ id, margin: 1e-9, source: normal(0.02) }));
    const { firstStage, confirmed, falseAlarms } = simulateNights(rows, fixed, 4_000);
    const [first, second] = [sizeOf(12, 0.1), sizeOf(12, 0.2)];
    expect(first).toBeGreaterThan(0.08);
    const any = (rate: number): number => 1 - (1 - rate) ** rows.length;
    for (const [simulated, rate] of [
      [firstStage, any(first)],
      [confirmed, any(first * second)],
      // Two alarms have an estimate above a margin of nothing.
      [falseAlarms, any(first * second)],
    ] as const) {
      expect(simulated.interval.low).toBeLessThan(rate);
      expect(simulated.interval.high).toBeGreaterThan(rate);
    }
  });

  it('finds a shift of the stated size on 95 nights in 100', () => {
    const noisy = (mean: number) => [{ id: 'row', margin: 0.01, source: normal(0.0266, mean) }];
    const fixed = { ...gate, fewestPairs: 40 };
    const row = simulateNights(noisy(0), fixed, 2_000).rows[0]!;
    const other = simulateNights(noisy(Math.log1p(row.smallestFound!)), { ...fixed, seed: 9 }, 1_500).falseAlarms;
    // 1,920 of 2,000 nights are the fewest whose exact interval begins at 0.95: the size is chosen to be found a little more often.
    for (const found of [other, row.found!]) {
      expect(found.rate).toBeGreaterThan(0.95);
      expect(Math.abs(found.rate - 0.96)).toBeLessThan(2 * (found.interval.high - found.rate));
    }
    expect(row.found!.of).toBe(2_000);
  });

  it('finds at most 3 % with 40 pairs at 2.66 % noise, more than the one test alone would', () => {
    // By the normal distribution one test at 0.005 finds (2.576 + 1.645) 0.0266 / sqrt(40 * 3 / pi) = 1.8 % on 95 nights in 100; two need more.
    const rows = [{ id: 'row', margin: 0.01, source: normal(0.0266) }];
    const smallest = simulateNights(rows, { ...gate, fewestPairs: 40 }, 2_000).rows[0]!.smallestFound!;
    expect(smallest).toBeGreaterThan(0.018);
    expect(smallest).toBeLessThan(0.03);
  });

  it('says that nothing can be found where so few pairs cannot alarm', () => {
    const few = { ...gate, fewestPairs: 5, mostPairs: 5 };
    expect(
      simulateNights([{ id: 'row', margin: 0.01, source: normal(0.01) }], few, 20).rows[0]!.smallestFound,
    ).toBeNull();
  });
});

describe('calibrate', () => {
  const sittings = (count: number, offset: number): number[][] => {
    const random = new PhiloxRandom(namedKey(2, 'sittings', offset), 0);
    return Array.from({ length: count }, () => {
      const shift = offset * random.normal();
      return Array.from({ length: 30 }, () => shift + 0.02 * random.normal());
    });
  };
  const row = (of: number[][]) => ({ id: 'row', version: 1, margin: 0.01, sittings: of });

  it('tells the noise of pairs from what whole sittings are shifted by', () => {
    const quiet = calibrate([row(sittings(60, 0))], gate, 10).rows[0]!;
    expect(quiet.noise).toBeCloseTo(0.02, 2);
    expect(quiet.offset).toBeLessThan(0.002);
    const shifted = calibrate([row(sittings(60, 0.01))], gate, 10).rows[0]!;
    // Sixty sittings tell a standard deviation to 1 / sqrt(120) of itself: three of these.
    expect(Math.abs(shifted.offset / 0.01 - 1)).toBeLessThan(0.28);
    expect(shifted).toMatchObject({ sittings: 60, pairs: 1_800 });
  });

  it('counts more false alarms where whole sittings are shifted', () => {
    const rates = [0, 0.02].map((offset) => calibrate([row(sittings(30, offset))], gate, 1_000).firstStage.rate);
    expect(rates[0]).toBeLessThan(0.03);
    expect(rates[1]).toBeGreaterThan(0.1);
  });

  it('sets the floor of a row by what whole sittings are shifted by, and keeps to the false alarms that are aimed at', () => {
    const [still, shifted] = [0, 0.02].map((offset) => calibrate([row(sittings(20, offset))], gate, 2_000)) as [
      Calibration,
      Calibration,
    ];
    // Without the floor a sitting in ten alarms, and two of those in a row are one night in fifty.
    expect(shifted.confirmed.rate).toBeGreaterThan(0.005);
    expect(shifted.rows[0]!.floor).toBeGreaterThan(0.02);
    expect(still.rows[0]!.floor).toBeLessThan(0.02);
    for (const { falseAlarms } of [still, shifted]) expect(falseAlarms.count).toBeLessThanOrEqual(2);
    // What is stated as found lies beyond the floor, and is found.
    for (const { rows } of [still, shifted]) {
      expect(rows[0]!.smallestFound!).toBeGreaterThan(rows[0]!.floor!);
      expect(rows[0]!.found!.interval.high).toBeGreaterThan(0.95);
    }
  });

  it('is the same for the same recorded pairs', () => {
    const once = calibrate([row(sittings(3, 0))], gate, 50);
    expect(calibrate([row(sittings(3, 0))], gate, 50)).toEqual(once);
  });

  it('takes rows of memory that never differ', () => {
    const still = calibrate([row([Array<number>(10).fill(0)])], gate, 20);
    expect(still.falseAlarms.count).toBe(0);
    expect(still.rows[0]).toMatchObject({ noise: 0, offset: 0 });
    expect(still.rows[0]!.smallestFound).toBeCloseTo(0.01, 12);
  });
});

describe('proportion', () => {
  it('has the interval of Clopper and Pearson', () => {
    // scipy.stats.binomtest(3, 10000).proportion_ci(method='exact') of SciPy 1.17.1.
    expect(proportion(3, 10_000).interval.low).toBeCloseTo(6.187_148_574_832_521e-5, 13);
    expect(proportion(3, 10_000).interval.high).toBeCloseTo(8.764_745_225_646_691e-4, 12);
    expect(proportion(0, 10_000).interval.low).toBe(0);
    // 1 - 0.025^(1 / n) in closed form.
    expect(proportion(0, 10_000).interval.high).toBeCloseTo(1 - 0.025 ** 1e-4, 12);
    expect(proportion(10, 10).interval).toMatchObject({ high: 1 });
    expect(proportion(10, 10).interval.low).toBeCloseTo(0.025 ** 0.1, 12);
  });
});
