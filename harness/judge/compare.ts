/** @file Two recipes at the same scale, seed by seed: the difference, and whether it is larger than the seed spread. */
import { pairedDifference, summarise, welchDifference, type Difference, type Summary } from './statistics.ts';

/** A measured value of one seed. */
export interface SeedValue {
  readonly seed: number;
  readonly value: number;
}

export interface ComparisonInput {
  readonly baseline: readonly SeedValue[];
  readonly candidate: readonly SeedValue[];
  /** Seeds that were registered for both: the denominator. */
  readonly plannedSeeds: readonly number[];
  readonly better: 'lower' | 'higher';
  readonly confidence: number;
}

export interface SeedPair {
  readonly seed: number;
  readonly baseline: number;
  readonly candidate: number;
  /** candidate - baseline. */
  readonly difference: number;
}

/**
 * `better`, `worse`: beyond the seed spread; `within-spread`: the seeds differ as much as the recipes, or disagree;
 * `too-few-seeds`: fewer than two pairs, nothing is said; `incomplete`: a planned seed is missing, so a claim over all of them
 * cannot be made.
 */
export type ComparisonOutcome = 'better' | 'worse' | 'within-spread' | 'too-few-seeds' | 'incomplete';

export interface Comparison {
  readonly planned: number;
  readonly pairs: readonly SeedPair[];
  readonly baseline: Summary | null;
  readonly candidate: Summary | null;
  /** Over pairs of equal seed; null below two pairs. */
  readonly paired: Difference | null;
  /** As if the seeds had nothing in common; null below two values of either. */
  readonly unpaired: Difference | null;
  /** Pairs in which the candidate is better. */
  readonly favourable: number;
  /** The larger of the two recipes' ranges (largest minus smallest value over the seeds); null below two pairs. */
  readonly seedSpread: number | null;
  /** The smallest |difference| over the pairs. */
  readonly smallestDifference: number | null;
  readonly outcome: ComparisonOutcome;
}

/**
 * Compares two recipes over the seeds that both finished. Beyond the seed spread means: every planned seed has a pair, all
 * differences have the same sign, and even the smallest |difference| is larger than the larger of the two recipes' ranges.
 * The range is used, not the standard deviation, because with three seeds it is the more cautious and supposes nothing.
 */
export function compareSeeds(input: ComparisonInput): Comparison {
  const { plannedSeeds, better, confidence } = input;
  const pairs = plannedSeeds.flatMap((seed): SeedPair[] => {
    const baseline = input.baseline.find((value) => value.seed === seed);
    const candidate = input.candidate.find((value) => value.seed === seed);
    if (!baseline || !candidate) return [];
    const difference = candidate.value - baseline.value;
    return [{ seed, baseline: baseline.value, candidate: candidate.value, difference }];
  });
  const favourable = pairs.filter(({ difference }) => (better === 'lower' ? difference < 0 : difference > 0)).length;
  const unfavourable = pairs.filter(({ difference }) => (better === 'lower' ? difference > 0 : difference < 0)).length;
  const baselines = input.baseline.map(({ value }) => value);
  const candidates = input.candidate.map(({ value }) => value);
  const enough = pairs.length >= 2;
  const seedSpread = enough
    ? Math.max(rangeOf(pairs.map((pair) => pair.baseline)), rangeOf(pairs.map((pair) => pair.candidate)))
    : null;
  const smallestDifference = pairs.length > 0 ? Math.min(...pairs.map(({ difference }) => Math.abs(difference))) : null;
  return {
    planned: plannedSeeds.length,
    pairs,
    baseline: baselines.length > 0 ? summarise(baselines, confidence) : null,
    candidate: candidates.length > 0 ? summarise(candidates, confidence) : null,
    paired: enough
      ? pairedDifference(
          pairs.map((pair) => pair.baseline),
          pairs.map((pair) => pair.candidate),
          confidence,
        )
      : null,
    unpaired:
      baselines.length >= 2 && candidates.length >= 2 ? welchDifference(baselines, candidates, confidence) : null,
    favourable,
    seedSpread,
    smallestDifference,
    outcome: outcomeOf(),
  };

  function outcomeOf(): ComparisonOutcome {
    if (seedSpread === null || smallestDifference === null) return 'too-few-seeds';
    if (pairs.length < plannedSeeds.length) return 'incomplete';
    if (smallestDifference <= seedSpread) return 'within-spread';
    if (favourable === pairs.length) return 'better';
    return unfavourable === pairs.length ? 'worse' : 'within-spread';
  }
}

/**
 * How much the pairing helped: the share of the unpaired variance that is common to both recipes at equal seeds,
 * 1 - sd_d^2 / (sd_a^2 + sd_b^2). Null without spread; negative when pairing did not help.
 */
export function varianceRemovedByPairing({ pairs, paired }: Comparison): number | null {
  if (!paired) return null;
  const a = summarise(
    pairs.map((pair) => pair.baseline),
    0.95,
  );
  const b = summarise(
    pairs.map((pair) => pair.candidate),
    0.95,
  );
  const unpaired = (a.sd ?? 0) ** 2 + (b.sd ?? 0) ** 2;
  return unpaired > 0 ? 1 - paired.sd ** 2 / unpaired : null;
}

function rangeOf(values: readonly number[]): number {
  return Math.max(...values) - Math.min(...values);
}
