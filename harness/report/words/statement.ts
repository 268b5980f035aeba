/**
 * @file Words the conclusion that a comparison allows.
 *
 * It also runs inside the page, where a reader changes the thresholds.
 */
import { fewestPairs, varianceRemovedByPairing, type Comparison } from '../../judge/compare.ts';
import { intervalText, percentText, probabilityText, scoreWriter } from './numbers.ts';

export interface Statement {
  readonly claim: string;
  /** The numbers behind it. */
  readonly detail: string;
}

/** The sentence that is allowed, and the numbers behind it. */
export function statementOf(comparison: Comparison, baseline: string, candidate: string): Statement {
  const { pairs, planned, favourable, outcome } = comparison;
  const both = `${candidate} and ${baseline}`;
  const isBetter = `${candidate} is better than ${baseline} on ${favourable} of`;
  const detail = numbersOf(comparison);
  switch (outcome) {
    case 'better':
      return { claim: `${isBetter} ${planned} seeds, by more than the seeds explain.`, detail };
    case 'worse':
      return {
        claim: `${candidate} is worse than ${baseline} on ${pairs.length - favourable} of ${planned} seeds, by more than the seeds explain.`,
        detail,
      };
    case 'unresolved':
      return {
        claim: `${isBetter} ${planned} seeds, but not by more than the seeds explain: nothing is claimed.`,
        detail,
      };
    case 'incomplete':
      return pairs.length === 0
        ? { claim: `No seed finished both ${both}: nothing is claimed.`, detail: '' }
        : {
            claim: `${isBetter} the ${seedsText(pairs.length)} that finished both, of ${planned} planned: nothing is claimed.`,
            detail,
          };
    case 'too-few-seeds':
      return {
        claim: `${isBetter} ${seedsText(planned)}: too few, nothing is claimed from fewer than ${fewestPairs}.`,
        detail,
      };
  }
}

function numbersOf(comparison: Comparison): string {
  const { pairs, planned, paired, seedSpread, signFlip, adjusted, family, outcome } = comparison;
  const { plain, signed } = scoreWriter(pairs.flatMap((pair) => [pair.baseline, pair.candidate]));
  if (!paired) return pairs.length === 1 ? `The difference is ${signed(pairs[0]!.difference)}.` : '';
  const { interval, pValue, mean } = paired;
  const tests = [
    `p ${probabilityText(pValue)}`,
    ...(adjusted !== null && family > 1 ? [`after Holm over ${family} scores ${probabilityText(adjusted)}`] : []),
  ].join(', ');
  return [
    `Paired difference ${signed(mean)} (${percentText(interval.confidence)} interval ${intervalText(interval, signed)}, n\u00a0=\u00a0${pairs.length} of ${planned}); ${tests}.`,
    ...(signFlip === null ? [] : [signFlipText(signFlip, pairs.length, outcome, 1 - interval.confidence)]),
    ...(seedSpread === null ? [] : [`Seed spread ${plain(seedSpread)}.`]),
    ...pairingTexts(comparison),
  ].join(' ');
}

function signFlipText(p: number, pairs: number, outcome: Comparison['outcome'], alpha: number): string {
  const least = 2 ** (1 - pairs);
  if (least > alpha)
    return `Exact sign-flip p ${probabilityText(p)}, at least ${probabilityText(least)} with so few seeds.`;
  const doubt = (outcome === 'better' || outcome === 'worse') && p > alpha ? ', which does not confirm it' : '';
  return `Exact sign-flip p ${probabilityText(p)}${doubt}.`;
}

function pairingTexts(comparison: Comparison): string[] {
  const removed = varianceRemovedByPairing(comparison);
  if (removed === null || removed <= 0) return [];
  return [`Pairing by seed removes ${percentText(removed)} of the variance of the difference.`];
}

function seedsText(count: number): string {
  return count === 1 ? '1 seed' : `${count} seeds`;
}
