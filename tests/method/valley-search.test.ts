/** @file The search over several valleys: the deepest is found, no score twice, refusal of scores that are no numbers. */
import { describe, expect, it } from 'vitest';
import { ternarySearch } from '../../harness/method/ternary-search.ts';
import { valleySearch } from '../../harness/method/valley-search.ts';

/** Two valleys of width 30: a shallow one around 100, a deep one around 20. */
const twoValleys = (i: number) => Math.min(5 + (i - 100) ** 2 / 100, (i - 20) ** 2 / 100);

describe('valleySearch', () => {
  it('finds the minimum of one valley at every place of every short range, the ends included', async () => {
    for (let length = 1; length <= 30; length++) {
      for (let minimum = 0; minimum < length; minimum++) {
        const { index, score } = await valleySearch(0, length - 1, (i) => Promise.resolve((i - minimum) ** 2));
        expect([length, index, score]).toEqual([length, minimum, 0]);
      }
    }
  });

  it('finds the deeper of two valleys, where a ternary search alone ends in the other', async () => {
    const score = (i: number) => Promise.resolve(twoValleys(i));
    expect((await ternarySearch(1, 149, score)).index).toBe(100);
    expect(await valleySearch(1, 149, score)).toMatchObject({ index: 20, score: 0 });
  });

  it('scans about every tenth of the range, its ends included, and scores no index twice', async () => {
    const seen: number[] = [];
    const { scored } = await valleySearch(1, 149, (i) => {
      seen.push(i);
      return Promise.resolve(twoValleys(i));
    });
    expect(seen.slice(0, 11)).toEqual([1, 16, 31, 46, 61, 76, 91, 106, 121, 136, 149]);
    expect(new Set(seen).size).toBe(seen.length);
    expect(scored.map(({ index }) => index)).toEqual(seen);
    // The fine search runs over the 29 indices between 1 and 31: log(29 / 3) / log(1.5) = 5.6 rounds.
    expect(seen.length).toBeLessThanOrEqual(11 + 2 * 6 + 3);
  });

  it('takes the lower index of a tie', async () => {
    expect(await valleySearch(3, 50, () => Promise.resolve(1))).toMatchObject({ index: 3, score: 1 });
  });

  it('stops at a score that is not finite', async () => {
    await expect(valleySearch(0, 100, (i) => Promise.resolve(i === 10 ? NaN : i))).rejects.toThrow(
      'ternary search at index 10: got NaN, expected a finite score. Look at the samples of this index.',
    );
  });
});
