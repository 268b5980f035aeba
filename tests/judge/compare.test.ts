/** @file When one recipe may be called better than another. */
import { describe, expect, it } from 'vitest';
import { compareSeeds, varianceRemovedByPairing, type ComparisonInput } from '../../harness/judge/compare.ts';

const plannedSeeds = [0, 1, 2];

describe('compareSeeds', () => {
  it('finds the candidate better when every seed gains more than either recipe spreads', () => {
    const comparison = compare([600, 620, 591], [379, 398, 372]);
    expect(comparison).toMatchObject({ outcome: 'better', favourable: 3, planned: 3, smallestDifference: 219 });
    expect(comparison.seedSpread).toBe(29);
    expect(comparison.paired!.mean).toBeCloseTo(-662 / 3, 12);
  });

  it('turns with the direction of the metric', () => {
    expect(compare([600, 620, 591], [379, 398, 372], { better: 'higher' }).outcome).toBe('worse');
    expect(compare([8.5, 8.6, 8.4], [9.5, 9.6, 9.4], { better: 'higher' }).outcome).toBe('better');
  });

  it('claims nothing when one seed disagrees, however large the mean difference', () => {
    expect(compare([100, 100, 100], [10, 10, 101]).outcome).toBe('within-spread');
  });

  it('claims nothing when the smallest difference equals the spread', () => {
    expect(compare([100, 110, 105], [90, 99, 92]).outcome).toBe('within-spread');
    // Spread 10 (100 to 110), smallest difference 10.
    expect(compare([100, 110, 105], [90, 98, 92]).outcome).toBe('within-spread');
    expect(compare([100, 110, 105], [89, 98, 92]).outcome).toBe('better');
  });

  it('claims nothing over all seeds when a planned seed is missing', () => {
    const comparison = compareSeeds({
      ...input([600, 620], [379, 398]),
      plannedSeeds,
    });
    expect(comparison).toMatchObject({ outcome: 'incomplete', favourable: 2, planned: 3 });
  });

  it('pairs by seed, not by position', () => {
    const comparison = compareSeeds({
      ...input([1, 2, 3], []),
      candidate: [
        { seed: 2, value: 30 },
        { seed: 0, value: 10 },
      ],
    });
    expect(comparison.pairs.map(({ seed, difference }) => [seed, difference])).toEqual([
      [0, 9],
      [2, 27],
    ]);
  });

  it('says nothing from one seed', () => {
    const comparison = compareSeeds({ ...input([600], [379]), plannedSeeds: [0] });
    expect(comparison).toMatchObject({ outcome: 'too-few-seeds', paired: null, unpaired: null, seedSpread: null });
  });
});

describe('varianceRemovedByPairing', () => {
  it('is nearly all when seeds move both recipes alike, and negative when they move them apart', () => {
    expect(varianceRemovedByPairing(compare([10, 20, 30], [5, 15, 25]))).toBe(1);
    expect(varianceRemovedByPairing(compare([10, 20, 30], [25, 15, 5]))!).toBeCloseTo(-1, 12);
  });
});

function compare(baseline: number[], candidate: number[], changes: Partial<ComparisonInput> = {}) {
  return compareSeeds({ ...input(baseline, candidate), ...changes });
}

function input(baseline: readonly number[], candidate: readonly number[]): ComparisonInput {
  const bySeed = (values: readonly number[]) => values.map((value, seed) => ({ seed, value }));
  return {
    baseline: bySeed(baseline),
    candidate: bySeed(candidate),
    plannedSeeds,
    better: 'lower',
    confidence: 0.95,
  };
}
