/** @file What a comparison allows to say, in words; also runs inside the page, where a reader changes the thresholds. */
import { varianceRemovedByPairing, type Comparison } from '../../judge/compare.ts';
import { intervalText, percentText, scoreWriter } from './numbers.ts';

/** The sentence that is allowed, and the numbers behind it. */
export function statementOf(
  comparison: Comparison,
  baseline: string,
  candidate: string,
): { readonly claim: string; readonly detail: string } {
  const { pairs, planned, favourable, paired, seedSpread, smallestDifference, outcome } = comparison;
  const { plain, signed } = scoreWriter(pairs.flatMap((pair) => [pair.baseline, pair.candidate]));
  const numbers =
    paired && seedSpread !== null && smallestDifference !== null
      ? `Paired difference ${signed(paired.mean)} (${percentText(paired.interval.confidence)} interval ${intervalText(paired.interval, signed)}, n\u00a0=\u00a0${pairs.length} of ${planned}). Smallest difference ${plain(smallestDifference)}, seed spread ${plain(seedSpread)}.${pairingText(comparison)}`
      : '';
  switch (outcome) {
    case 'better':
    case 'worse':
      return {
        claim: `${candidate} is ${outcome} than ${baseline} on ${pairs.length} of ${planned} seeds, by more than the seed spread.`,
        detail: numbers,
      };
    case 'within-spread':
      return {
        claim: `${candidate} is better than ${baseline} on ${favourable} of ${planned} seeds, but not by more than the seed spread: nothing is claimed.`,
        detail: numbers,
      };
    case 'incomplete':
      return {
        claim: `${candidate} is better than ${baseline} on ${favourable} of the ${pairs.length} seeds that finished both, of ${planned} planned: nothing is claimed.`,
        detail: numbers,
      };
    case 'too-few-seeds':
      return {
        claim:
          pairs.length === 0
            ? `No seed finished both ${candidate} and ${baseline}: nothing is claimed.`
            : `One seed finished both ${candidate} and ${baseline}: a difference of ${signed(pairs[0]!.difference)}, from which nothing is claimed.`,
        detail: '',
      };
  }
}

function pairingText(comparison: Comparison): string {
  const removed = varianceRemovedByPairing(comparison);
  if (removed === null || removed <= 0) return '';
  return ` Pairing by seed removes ${percentText(removed)} of the variance of the difference.`;
}
