/** @file The tree of passes: its order depends on the number of passes alone, and ranks cut it into whole parts. */
import { describe, expect, it } from 'vitest';
import { passesOf, sumInTree, wholeStretches } from '../../../harness/train/sum/pass-tree.ts';

/** The order of additions in words. */
function written(passes: number): string {
  return sumInTree(
    { first: 0, end: passes },
    ({ first, end }) => (end - first === 1 ? String(first) : undefined),
    (a, b) => `(${a}+${b})`,
  );
}

describe('sumInTree', () => {
  it.each([
    [1, '0'],
    [2, '(0+1)'],
    [3, '((0+1)+2)'],
    [4, '((0+1)+(2+3))'],
    [6, '(((0+1)+2)+((3+4)+5))'],
    [7, '(((0+1)+(2+3))+((4+5)+6))'],
  ])('adds %i passes as %s', (passes, order) => {
    expect(written(passes)).toBe(order);
  });

  it('is the same whatever ranks have added before', () => {
    for (const [passes, ranks] of [
      [8, 2],
      [8, 4],
      [12, 3],
      [12, 2],
      [6, 3],
      [10, 5],
      [9, 3],
    ] as const) {
      const known = new Map<string, string>();
      for (let rank = 0; rank < ranks; rank++) {
        const own = passesOf(rank, ranks, passes);
        for (const stretch of wholeStretches(passes, own)) {
          const sum = sumInTree(
            stretch,
            ({ first, end }) => (end - first === 1 ? String(first) : undefined),
            (a, b) => `(${a}+${b})`,
          );
          known.set(`${stretch.first}-${stretch.end}`, sum);
        }
      }
      const whole = sumInTree(
        { first: 0, end: passes },
        ({ first, end }) => known.get(`${first}-${end}`),
        (a, b) => `(${a}+${b})`,
      );
      expect(whole).toBe(written(passes));
    }
  });
});

describe('wholeStretches', () => {
  it('is one stretch where ranks and passes are powers of two, and few elsewhere', () => {
    expect(wholeStretches(8, passesOf(1, 4, 8))).toEqual([{ first: 2, end: 4 }]);
    expect(wholeStretches(6, passesOf(0, 3, 6))).toEqual([{ first: 0, end: 2 }]);
    expect(wholeStretches(6, passesOf(1, 3, 6))).toEqual([
      { first: 2, end: 3 },
      { first: 3, end: 4 },
    ]);
  });
});
