/** @file The ternary search: the minimum wherever it is, no score twice, refusal of scores that are no numbers. */
import { describe, expect, it } from 'vitest';
import { ternarySearch } from '../../harness/method/ternary-search.ts';

describe('ternarySearch', () => {
  it('finds the minimum at every place of every short range, the ends included', async () => {
    for (let length = 1; length <= 30; length++) {
      for (let minimum = 0; minimum < length; minimum++) {
        const { index, score } = await ternarySearch(0, length - 1, (i) => Promise.resolve((i - minimum) ** 2));
        expect([length, index, score]).toEqual([length, minimum, 0]);
      }
    }
  });

  it('scores no index twice and only about two per round', async () => {
    const seen: number[] = [];
    const { index, scored } = await ternarySearch(1, 1279, (i) => {
      seen.push(i);
      return Promise.resolve(Math.abs(i - 492));
    });
    expect(index).toBe(492);
    expect(new Set(seen).size).toBe(seen.length);
    expect(scored.map((point) => point.index)).toEqual(seen);
    // Rounds: log(1279) / log(1.5) = 17.6.
    expect(seen.length).toBeLessThanOrEqual(2 * 18 + 3);
  });

  it('takes the lower index of a tie', async () => {
    expect(await ternarySearch(3, 5, () => Promise.resolve(1))).toMatchObject({ index: 3, score: 1 });
  });

  it('returns the best of all points that it scored, also where the score is noisy', async () => {
    const scores = [9, 1, 8, 7, 6, 5, 2, 3, 4, 5];
    const { index } = await ternarySearch(0, 9, (i) => Promise.resolve(scores[i]!));
    expect(index).toBe(6);
  });

  it('stops at a score that is not finite', async () => {
    await expect(ternarySearch(0, 2, (i) => Promise.resolve(i === 1 ? NaN : i))).rejects.toThrow(
      'ternary search at index 1: got NaN, expected a finite score. Look at the samples of this index.',
    );
  });
});
