/** @file When one recipe may be called better than another, how often that is wrong by chance, and that more seeds never weaken it. */
import { describe, expect, it } from 'vitest';
import { HostRandom } from '../../harness/core/random.ts';
import {
  compareSeeds,
  varianceRemovedByPairing,
  type ComparisonInput,
  type ComparisonRule,
} from '../../harness/judge/compare.ts';
import { holmAdjusted, signFlipPValue } from '../../harness/judge/permutation.ts';
import { tTail } from '../../harness/judge/student-t.ts';

const plannedSeeds = [0, 1, 2];
const rule: ComparisonRule = { confidence: 0.95, minimumSeeds: 3 };

describe('compareSeeds', () => {
  it('finds the candidate better when the mean difference is more than the seeds explain', () => {
    const comparison = compare([600, 620, 591], [379, 398, 372]);
    expect(comparison).toMatchObject({ outcome: 'better', favourable: 3, planned: 3, family: 1, signFlip: 0.25 });
    expect(comparison.paired!.mean).toBeCloseTo(-662 / 3, 12);
    expect(comparison.adjusted).toBe(comparison.paired!.pValue);
  });

  it('turns with the direction of the metric', () => {
    expect(compare([600, 620, 591], [379, 398, 372], { better: 'higher' }).outcome).toBe('worse');
    expect(compare([8.5, 8.6, 8.4], [9.5, 9.6, 9.42], { better: 'higher' }).outcome).toBe('better');
  });

  it('claims nothing when one seed disagrees so far that the interval holds zero', () => {
    expect(compare([100, 100, 100], [10, 10, 101]).outcome).toBe('unresolved');
  });

  it('is not moved by the spread of the recipes over seeds that both share', () => {
    const comparison = compare([100, 200, 150], [90, 189, 141]);
    expect(comparison).toMatchObject({ outcome: 'better', seedSpread: 100 });
  });

  it('claims nothing over all seeds when a planned seed is missing', () => {
    expect(compare([600, 620, 610], [379, 398, 388], { plannedSeeds: [0, 1, 2, 3] })).toMatchObject({
      outcome: 'incomplete',
      favourable: 3,
      planned: 4,
      adjusted: null,
    });
  });

  it('claims nothing from two seeds, however clear, and whatever the thresholds', () => {
    const two = input([600, 620.1], [379, 399], { plannedSeeds: [0, 1] });
    const [comparison] = compareSeeds([two], { ...rule, minimumSeeds: 1 });
    expect(comparison).toMatchObject({ outcome: 'too-few-seeds', adjusted: null });
    expect(comparison!.paired!.pValue).toBeLessThan(0.01);
  });

  it('says nothing from one seed or none', () => {
    const one = compare([600], [379], { plannedSeeds: [0] });
    expect(one).toMatchObject({ outcome: 'too-few-seeds', paired: null, unpaired: null, seedSpread: null });
    expect(compare([], [], { plannedSeeds: [0] }).outcome).toBe('incomplete');
  });

  it('pairs by seed, not by position', () => {
    const candidate = [
      { seed: 2, value: 30 },
      { seed: 0, value: 10 },
    ];
    const { pairs } = compare([1, 2, 3], [], { candidate });
    expect(pairs.map(({ seed, difference }) => [seed, difference])).toEqual([
      [0, 9],
      [2, 27],
    ]);
  });

  it('holds all metrics of two recipes to one error together', () => {
    // p = 0.041 by itself: enough alone, not beside a second metric that shows nothing.
    const clear = input([10, 10, 10], [8, 8.9, 7.6]);
    const silent = input([10, 10, 10], [9, 11, 10.2]);
    expect(compareSeeds([clear], rule)[0]).toMatchObject({ outcome: 'better', family: 1 });
    const [first, second] = compareSeeds([clear, silent], rule);
    expect(first!.paired!.interval.high).toBeLessThan(0);
    expect(first).toMatchObject({ outcome: 'unresolved', family: 2 });
    expect(second!.outcome).toBe('unresolved');
  });
});

describe('the rule of compareSeeds, by simulation', () => {
  const trials = 2_000;
  const alpha = 0.05;
  /** Four standard errors of a share over the trials. */
  const slack = (share: number): number => 4 * Math.sqrt((share * (1 - share)) / trials);
  const noises: Readonly<Record<string, (random: HostRandom) => number>> = {
    normal: (random) => random.normal(),
    'heavy-tailed (t with two degrees)': (random) =>
      random.normal() / Math.sqrt((random.normal() ** 2 + random.normal() ** 2) / 2),
    'skewed (log-normal)': (random) => Math.exp(random.normal()),
  };

  it.each(Object.keys(noises))('claims at most alpha where nothing differs, for 2 to 20 seeds of %s noise', (name) => {
    for (let seeds = 2; seeds <= 20; seeds++) {
      const random = new HostRandom(seeds, 'bootstrap', 1);
      const share = claims(seeds, () => noises[name]!(random) - noises[name]!(random));
      expect(share, `${seeds} seeds`).toBeLessThanOrEqual(alpha + slack(alpha));
      if (seeds < 3) expect(share).toBe(0);
    }
  });

  it.each([0.5, 1, 2, 4])(
    'finds an effect of %d standard deviations the more often the more seeds there are',
    (effect) => {
      let before = 0;
      for (let seeds = 2; seeds <= 20; seeds++) {
        const random = new HostRandom(seeds, 'bootstrap', 2);
        const share = claims(seeds, () => effect + random.normal());
        expect(share, `${seeds} seeds`).toBeGreaterThanOrEqual(before - slack(before));
        before = Math.max(before, share);
      }
      expect(before).toBeGreaterThan(0.5);
    },
  );

  it('would lose power at six seeds if the sign-flip test had to agree', () => {
    const withFive = claims(5, effectOfOne(5));
    const withSix = claims(6, effectOfOne(6), (differences) => signFlipPValue(differences)! <= alpha);
    expect(withFive).toBeGreaterThan(0.36);
    expect(withSix).toBeLessThan(withFive - slack(withFive) / 2);
  });

  it('claims something of four metrics without an effect at most alpha of the time', () => {
    const random = new HostRandom(5, 'bootstrap', 4);
    let wrong = 0;
    for (let trial = 0; trial < trials; trial++) {
      const pValues = Array.from({ length: 4 }, () => pValue(Array.from({ length: 5 }, () => random.normal())));
      if (holmAdjusted(pValues).some((p) => p <= alpha)) wrong += 1;
    }
    expect(wrong / trials).toBeLessThanOrEqual(alpha + slack(alpha));
  });

  /** The share of trials in which compareSeeds, whose p-value `pValue` is, makes a claim. */
  function claims(
    seeds: number,
    difference: () => number,
    agrees: (d: readonly number[]) => boolean = () => true,
  ): number {
    let count = 0;
    for (let trial = 0; trial < trials; trial++) {
      const differences = Array.from({ length: seeds }, difference);
      if (seeds >= 3 && pValue(differences) <= alpha && agrees(differences)) count += 1;
    }
    return count / trials;
  }

  function effectOfOne(seeds: number): () => number {
    const random = new HostRandom(seeds, 'bootstrap', 3);
    return () => 1 + random.normal();
  }

  it('is what compareSeeds does', () => {
    const random = new HostRandom(1, 'bootstrap', 5);
    for (let trial = 0; trial < 200; trial++) {
      const seeds = 2 + (trial % 6);
      const differences = Array.from({ length: seeds }, () => 1 + random.normal());
      const { outcome } = compare(new Array<number>(seeds).fill(0), differences, {
        plannedSeeds: differences.map((_, seed) => seed),
      });
      const isClaimed = seeds >= 3 && pValue(differences) <= alpha;
      expect(['better', 'worse'].includes(outcome)).toBe(isClaimed);
    }
  });
});

describe('varianceRemovedByPairing', () => {
  it('is nearly all when seeds move both recipes alike, and negative when they move them apart', () => {
    expect(varianceRemovedByPairing(compare([10, 20, 30], [5, 15, 25]))).toBe(1);
    expect(varianceRemovedByPairing(compare([10, 20, 30], [25, 15, 5]))!).toBeCloseTo(-1, 12);
  });
});

function compare(baseline: number[], candidate: number[], changes: Partial<ComparisonInput> = {}) {
  return compareSeeds([input(baseline, candidate, changes)], rule)[0]!;
}

function input(
  baseline: readonly number[],
  candidate: readonly number[],
  changes: Partial<ComparisonInput> = {},
): ComparisonInput {
  const bySeed = (values: readonly number[]) => values.map((value, seed) => ({ seed, value }));
  return { baseline: bySeed(baseline), candidate: bySeed(candidate), plannedSeeds, better: 'lower', ...changes };
}

/** p of the paired t-test, without the intervals that take most of the time. */
function pValue(differences: readonly number[]): number {
  const n = differences.length;
  const mean = differences.reduce((sum, value) => sum + value, 0) / n;
  const sd = Math.sqrt(differences.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1));
  return tTail((mean / sd) * Math.sqrt(n), n - 1);
}
