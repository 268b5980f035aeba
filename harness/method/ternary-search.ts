/**
 * @file Integer ternary search for a sampling level.
 *
 * It needs few scores and treats its last three points right.
 */
import { DivergenceError } from '../core/errors.ts';

export interface SearchResult {
  readonly index: number;
  readonly score: number;
  /** Every point that was scored, in the order in which it was. */
  readonly scored: readonly { readonly index: number; readonly score: number }[];
}

/**
 * The index in [low, high] with the lowest score, for a score that falls and then rises (ends included; the lower index wins a tie).
 *
 * Each round scores the points at one and two thirds and drops the third that cannot hold the minimum; once at most three points are
 * left each of them is scored. No index is scored twice.
 * Source: Song et al. 2023 (CT), appendix C (ternary search on FID over the indices of the training grid).
 * Deviation: the released scripts leave their loop with an interval of two and judge it by the scores of the round before.
 * @param low smallest index, an integer
 * @param high largest index, an integer from `low`
 * @param score the number to be made small, for example the FID of two-step samples whose second level is that index
 * @throws DivergenceError when a score is not finite
 */
export async function ternarySearch(
  low: number,
  high: number,
  score: (index: number) => Promise<number>,
): Promise<SearchResult> {
  const known = new Map<number, number>();
  const scoreOnce = async (index: number): Promise<number> => {
    const before = known.get(index);
    if (before !== undefined) return before;
    const value = await score(index);
    if (!Number.isFinite(value)) {
      throw new DivergenceError({
        where: `ternary search at index ${index}`,
        got: value,
        expected: 'a finite score',
        remedy: 'Look at the samples of this index',
      });
    }
    known.set(index, value);
    return value;
  };
  let from = low;
  let to = high;
  while (to - from > 2) {
    const third = Math.floor((to - from) / 3);
    const left = from + third;
    const right = to - third;
    if ((await scoreOnce(left)) <= (await scoreOnce(right))) to = right - 1;
    else from = left + 1;
  }
  for (let index = from; index <= to; index++) await scoreOnce(index);
  return best(known);
}

function best(known: ReadonlyMap<number, number>): SearchResult {
  const scored = [...known].map(([index, score]) => ({ index, score }));
  const [first, ...others] = scored;
  if (!first) throw new RangeError('ternary search over an empty range');
  const lowest = others.reduce(
    (a, b) => (b.score < a.score || (b.score === a.score && b.index < a.index) ? b : a),
    first,
  );
  return { ...lowest, scored };
}
