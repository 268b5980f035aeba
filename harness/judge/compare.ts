/** @file Compares two recipes at one scale, seed by seed, over all metrics of a run together. */
import { holmAdjusted, signFlipPValue } from './permutation.ts';
import { pairedDifference, summarise, welchDifference, type Difference, type Summary } from './statistics.ts';

/** A measured value of one seed. */
export interface SeedValue {
  readonly seed: number;
  readonly value: number;
}

/** Two recipes in one metric. */
export interface ComparisonInput {
  readonly baseline: readonly SeedValue[];
  readonly candidate: readonly SeedValue[];
  /** Seeds that were registered for both: the denominator. */
  readonly plannedSeeds: readonly number[];
  readonly better: 'lower' | 'higher';
}

export interface ComparisonRule {
  /** 1 - confidence is the largest probability of a false claim over all metrics compared. */
  readonly confidence: number;
  /** Fewer pairs than this claim nothing; at least three, whatever is asked. */
  readonly minimumSeeds: number;
}

interface SeedPair {
  readonly seed: number;
  readonly baseline: number;
  readonly candidate: number;
  /** candidate - baseline. */
  readonly difference: number;
}

/**
 * `better`, `worse`: the mean difference is more than the seeds explain; `unresolved`: it is not; `too-few-seeds`: fewer pairs than any claim
 * needs; `incomplete`: a planned seed is missing, so that nothing can be claimed over all of them.
 */
type ComparisonOutcome = 'better' | 'worse' | 'unresolved' | 'too-few-seeds' | 'incomplete';

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
  /** The larger of the two recipes' ranges over the seeds; null below two pairs. A description: it grows with the seeds and decides nothing. */
  readonly seedSpread: number | null;
  /** p of the exact sign-flip test; null below two pairs and above forty. */
  readonly signFlip: number | null;
  /** p of the paired t-test after Holm's correction over the metrics tested; null where nothing is tested. */
  readonly adjusted: number | null;
  /** Metrics tested together. */
  readonly family: number;
  readonly outcome: ComparisonOutcome;
}

/** Pairs below which nothing is ever claimed. */
export const fewestPairs = 3;

/**
 * Compares two recipes in several metrics. A difference is claimed when every planned seed has a pair, there are at least three, and the paired
 * t-test over the seeds, corrected by Holm over the metrics, has p <= 1 - confidence; its interval then excludes zero. If nothing differs and the
 * differences are roughly normal, one or more false claims occur at most 1 - confidence of the time, and the power grows with every seed.
 *
 * The exact sign-flip test stands beside it and does not decide. With three to five pairs it cannot reach 0.05; and a rule that asks for it from
 * some number of pairs on loses power at that number: for a vanishing effect the t-test alone claims with probability 1 - confidence just before,
 * both together with less just after. With six pairs and an effect of one standard deviation, 0.34 after 0.39 with five.
 */
export function compareSeeds(inputs: readonly ComparisonInput[], rule: ComparisonRule): Comparison[] {
  const described = inputs.map((input) => describe(input, rule));
  const least = Math.max(fewestPairs, rule.minimumSeeds);
  const tested = described.filter(({ pairs, planned }) => pairs.length >= least && pairs.length === planned);
  const adjusted = holmAdjusted(tested.map(({ paired }) => paired!.pValue));
  return described.map((one, i): Comparison => {
    const p = adjusted[tested.indexOf(one)] ?? null;
    return { ...one, adjusted: p, family: tested.length, outcome: outcomeOf(one, p, inputs[i]!, rule) };
  });
}

type Described = Omit<Comparison, 'adjusted' | 'family' | 'outcome'>;

function describe(input: ComparisonInput, { confidence }: ComparisonRule): Described {
  const { plannedSeeds, better } = input;
  const pairs = plannedSeeds.flatMap((seed): SeedPair[] => {
    const baseline = input.baseline.find((value) => value.seed === seed);
    const candidate = input.candidate.find((value) => value.seed === seed);
    if (!baseline || !candidate) return [];
    const difference = candidate.value - baseline.value;
    return [{ seed, baseline: baseline.value, candidate: candidate.value, difference }];
  });
  const baselines = input.baseline.map(({ value }) => value);
  const candidates = input.candidate.map(({ value }) => value);
  const paired = [pairs.map((pair) => pair.baseline), pairs.map((pair) => pair.candidate)] as const;
  const enough = pairs.length >= 2;
  return {
    planned: plannedSeeds.length,
    pairs,
    baseline: baselines.length > 0 ? summarise(baselines, confidence) : null,
    candidate: candidates.length > 0 ? summarise(candidates, confidence) : null,
    paired: enough ? pairedDifference(...paired, confidence) : null,
    unpaired:
      baselines.length >= 2 && candidates.length >= 2 ? welchDifference(baselines, candidates, confidence) : null,
    favourable: pairs.filter(({ difference }) => (better === 'lower' ? difference < 0 : difference > 0)).length,
    seedSpread: enough ? Math.max(...paired.map(rangeOf)) : null,
    signFlip: enough ? signFlipPValue(pairs.map(({ difference }) => difference)) : null,
  };
}

function outcomeOf(
  { pairs, planned, paired }: Described,
  adjusted: number | null,
  { better }: ComparisonInput,
  { confidence }: ComparisonRule,
): ComparisonOutcome {
  if (pairs.length < planned) return 'incomplete';
  if (adjusted === null) return 'too-few-seeds';
  if (adjusted > 1 - confidence || paired!.mean === 0) return 'unresolved';
  return paired!.mean < 0 === (better === 'lower') ? 'better' : 'worse';
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
