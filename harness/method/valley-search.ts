/** @file Searches indices with several valleys: a coarse scan, then a ternary search in the deepest one. */
import { ternarySearch, type SearchResult } from './ternary-search.ts';

/** Parts that the scan divides the range into: about every tenth of the indices is scored. */
const scanParts = 10;

/**
 * The index in [low, high] with the lowest score among those scored (the lower index wins a tie).
 *
 * The scan scores both ends and about every tenth of the range between them; a ternary search then runs between the neighbours of the
 * best scanned index. No index is scored twice.
 * Source: Song et al. 2023 (CT), appendix C (ternary search on FID over the indices of the training grid).
 * Deviation: the scan. A ternary search alone assumes one valley, and FID over the indices has more: it is noisy, and levels far apart in
 *   the embedding of the noise are unrelated.
 * @param low smallest index, an integer
 * @param high largest index, an integer from `low`
 * @param score the number to be made small, for example the FID of two-step samples whose second level is that index
 * @throws DivergenceError when a score is not finite
 */
export async function valleySearch(
  low: number,
  high: number,
  score: (index: number) => Promise<number>,
): Promise<SearchResult> {
  const known = new Map<number, number>();
  const scoreOnce = async (index: number): Promise<number> => {
    const value = known.get(index) ?? (await score(index));
    known.set(index, value);
    return value;
  };
  const scanned = scannedIndices(low, high);
  // Ranges of one index: the search refuses a score that is not finite.
  for (const index of scanned) await ternarySearch(index, index, scoreOnce);
  const best = scanned.indexOf(lowest(known).index);
  await ternarySearch((scanned[best - 1] ?? low - 1) + 1, (scanned[best + 1] ?? high + 1) - 1, scoreOnce);
  return { ...lowest(known), scored: [...known].map(([index, value]) => ({ index, score: value })) };
}

function scannedIndices(low: number, high: number): number[] {
  const stride = Math.max(1, Math.ceil((high - low) / scanParts));
  const indices = [];
  for (let index = low; index < high; index += stride) indices.push(index);
  return [...indices, high];
}

function lowest(known: ReadonlyMap<number, number>): { readonly index: number; readonly score: number } {
  const points = [...known].map(([index, score]) => ({ index, score }));
  return points.reduce((a, b) => (b.score < a.score || (b.score === a.score && b.index < a.index) ? b : a));
}
