/** @file E-divisive against Apache Otava; the same points for the same seed; nights and commits of a change. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { namedKey, PhiloxRandom } from '../../../harness/core/philox.ts';
import {
  bestSplit,
  changePoints,
  changesOver,
  usualChangePoints,
} from '../../../harness/nightly/statistics/change-points.ts';

interface Golden {
  readonly series: readonly {
    readonly name: string;
    readonly values: readonly number[];
    readonly best1: readonly [number, number];
    readonly best5: readonly [number, number];
    readonly found: readonly number[];
  }[];
}

const golden = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../golden/nightly/change-points.json'), 'utf8'),
) as Golden;
const options = { ...usualChangePoints, seed: 1, name: 'row' };

describe('bestSplit', () => {
  it.each(golden.series)('has the index and the statistic of Otava for $name', ({ values, best1, best5 }) => {
    for (const [minSegment, [index, q]] of [
      [1, best1],
      [5, best5],
    ] as const) {
      const split = bestSplit(values, minSegment)!;
      expect(split.index).toBe(index);
      expect(Math.abs(split.q / q - 1)).toBeLessThan(1e-12);
    }
  });

  it('is n m / (n + m) 2 d for a clean step of d, and needs two segments', () => {
    expect(bestSplit([0, 0, 0, 0, 3, 3, 3, 3], 4)).toEqual({ index: 4, q: 12 });
    expect(bestSplit([0, 0, 0, 3, 3, 3, 3], 4)).toBeNull();
  });
});

describe('changePoints', () => {
  it.each(golden.series)('are those of Otava for $name', ({ values, found }) => {
    expect(changePoints(values, options)).toEqual(found);
  });

  it('are the same for the same seed', () => {
    const { values } = golden.series[2]!;
    expect(changePoints(values, options)).toEqual(changePoints(values, options));
  });

  it('are found in as few unchanged series as alpha says', () => {
    const runs = 300;
    let alarms = 0;
    for (let i = 0; i < runs; i++) {
      const random = new PhiloxRandom(namedKey(4, 'unchanged'), i);
      const values = Array.from({ length: 20 }, () => random.normal());
      const found = changePoints(values, { ...options, alpha: 0.1, permutations: 49, name: `series-${i}` });
      if (found.length > 0) alarms += 1;
    }
    // Binomial(300, 0.1): mean 30, standard deviation 5.2; four of these.
    expect(Math.abs(alarms - 30)).toBeLessThan(21);
  });

  it('are none in few values, and none in equal ones', () => {
    expect(changePoints([1, 2, 3, 9, 9, 9], options)).toEqual([]);
    expect(changePoints(Array<number>(30).fill(2), options)).toEqual([]);
  });
});

describe('changesOver', () => {
  it('names the night, the commits on either side and the size', () => {
    const value = (i: number): number => (i < 12 ? 100 : 104) + ((i * 7) % 5) / 10;
    const nights = Array.from({ length: 20 }, (_, i) => ({ begun: `night ${i}`, commit: `c${i}`, value: value(i) }));
    // Medians of twelve values around 100.2 and of eight around 104.25.
    expect(changesOver(nights, 'row', 1)).toEqual([
      { index: 12, night: 'night 12', commits: ['c11', 'c12'], change: 104.25 / 100.2 - 1 },
    ]);
    const same = nights.map((night) => ({ ...night, commit: 'c' }));
    expect(changesOver(same, 'row', 1)[0]!.commits).toEqual(['c']);
  });
});
