/**
 * @file Judges published claims by measured seeds; one verdict per claim.
 *
 * None is given from one seed, from a scaled run, or while planned seeds are missing.
 */
import type { Claim } from '../recipe/claim.ts';
import type { AsRunRow } from '../results/as-run.ts';
import { inconclusiveGap, marginOf, type Judgement } from '../results/judgement.ts';
import { expectedMinimum, meanOf, predictionInterval, summarise, type Interval } from './statistics.ts';

/** What a verdict needs to know of a claim. */
export type PublishedClaim = Pick<Claim, 'metric' | 'value' | 'better' | 'bestOf'>;

/** The measured values of one seed: the pre-registered draw of latents first, then any further draws. */
interface SeedDraws {
  readonly seed: number;
  readonly draws: readonly [number, ...number[]];
}

/** What a seed repeats: the training, or with given weights the sampling and scoring alone. */
export type Repeated = 'training' | 'evaluation';

export interface MeasuredEvidence {
  readonly kind: 'measured';
  /** Seeds that finished, in registered order. */
  readonly seeds: readonly SeedDraws[];
  readonly plannedSeeds: readonly number[];
  readonly divergedSeeds: readonly number[];
  readonly of: Repeated;
}

/** What there is to judge a claim by. */
export type Evidence =
  | MeasuredEvidence
  /** The recipe was run, but not as published. */
  | { readonly kind: 'scaled'; readonly differences: readonly AsRunRow[] }
  | { readonly kind: 'none'; readonly reason: string };

export type Verdict =
  | {
      readonly kind: 'reproduced' | 'evaluation-reproduced' | 'worse' | 'better-audit';
      readonly measured: Measured;
    }
  /** A planned seed diverged: whatever the others reached, the recipe was not repeated. */
  | { readonly kind: 'unstable'; readonly why: string; readonly measured: Measured | null }
  | { readonly kind: 'inconclusive'; readonly seeds: number; readonly why: string; readonly measured: Measured | null }
  | { readonly kind: 'not-attempted'; readonly reason: string }
  | { readonly kind: 'scaled-recipe'; readonly differences: readonly AsRunRow[] };

/** The two columns of a judged claim: without selection, and chosen as the published number was. */
export interface Measured {
  readonly of: Repeated;
  readonly seeds: number;
  readonly plannedSeeds: number;
  /** Mean over seeds of each seed's mean over draws. */
  readonly mean: number;
  /** Of the mean: `reproduced` asks it to lie inside the band. */
  readonly interval: Interval;
  /** Of one further run, at least `inconclusiveGap` wide to either side: `worse` asks it to lie outside the band, since the published number is one run. */
  readonly prediction: Interval;
  /** The band [value - margin, value + margin] that counts as the published value. */
  readonly margin: number;
  /** Mean over seeds of the best of the first `bestOf` draws; null when the rule or the draws are not there. */
  readonly asReported: number | null;
  /** What choosing the best of `bestOf` is expected to gain, in units of the metric, from the spread over draws; null where it is unknown. */
  readonly expectedSelectionGain: number | null;
}

/**
 * Judges one claim. With the margin m of the metric:
 *
 * - reproduced: the t-interval of the mean over seeds lies wholly inside value +- m. If the mean of the recipe is outside the band, this occurs
 *   at most (1 - confidence) / 2 of the time: it is two one-sided tests;
 * - worse, better (to be audited): the interval of one further run lies wholly outside the band, on that side. The published value is itself one
 *   run, so if both methods are equal this occurs at most 1 - confidence of the time, both sides together, and far less with a margin of the
 *   size of the spread;
 * - otherwise, or with fewer seeds than planned or than `minimumSeeds`, inconclusive; with a diverged seed, unstable.
 */
export function judgeClaim(claim: PublishedClaim, evidence: Evidence, judgement: Judgement): Verdict {
  if (evidence.kind === 'none') return { kind: 'not-attempted', reason: evidence.reason };
  if (evidence.kind === 'scaled') return { kind: 'scaled-recipe', differences: evidence.differences };
  const { seeds, of } = evidence;
  const measured = seeds.length >= 2 ? measure(claim, evidence, judgement) : null;
  const withheld = reasonToWithhold(seeds.length, evidence, judgement);
  if (withheld?.kind === 'not-attempted') return withheld;
  if (withheld) return { ...withheld, measured };
  const { interval, prediction, margin } = measured!;
  const band = { low: claim.value - margin, high: claim.value + margin };
  const side = (above: boolean): Verdict => ({
    kind: above === (claim.better === 'lower') ? 'worse' : 'better-audit',
    measured: measured!,
  });
  if (interval.low >= band.low && interval.high <= band.high) {
    return { kind: of === 'training' ? 'reproduced' : 'evaluation-reproduced', measured: measured! };
  }
  if (prediction.low > band.high) return side(true);
  if (prediction.high < band.low) return side(false);
  const outside = interval.low > band.high || interval.high < band.low;
  const why = outside
    ? 'the mean lies outside the margin, but the published number is one run, and one run can lie so far off'
    : 'the interval crosses the edge of the margin';
  return { kind: 'inconclusive', seeds: seeds.length, why, measured };
}

/** Why the seeds, whatever their values, allow no verdict on the claim; null when they allow one. */
export function reasonToWithhold(
  finished: number,
  { plannedSeeds, divergedSeeds }: Pick<MeasuredEvidence, 'plannedSeeds' | 'divergedSeeds'>,
  { minimumSeeds }: Judgement,
):
  | { readonly kind: 'unstable'; readonly why: string }
  | { readonly kind: 'inconclusive'; readonly seeds: number; readonly why: string }
  | { readonly kind: 'not-attempted'; readonly reason: string }
  | null {
  const [planned, diverged] = [plannedSeeds.length, divergedSeeds.length];
  const share = `${finished} of ${planned} planned seeds finished`;
  if (diverged > 0) return { kind: 'unstable', why: `${share}, ${diverged} diverged` };
  if (finished === 0) return { kind: 'not-attempted', reason: 'no planned seed has finished' };
  if (finished < planned) return { kind: 'inconclusive', seeds: finished, why: share };
  if (finished === 1) return { kind: 'inconclusive', seeds: finished, why: 'one seed has no spread' };
  const least = Math.max(2, minimumSeeds);
  return finished < least ? { kind: 'inconclusive', seeds: finished, why: `fewer than ${least} seeds` } : null;
}

/** The verdicts that the first two, three, ... planned seeds would have given: whether one was reached by adding seeds. */
export function verdictsBySeeds(
  claim: PublishedClaim,
  evidence: MeasuredEvidence,
  judgement: Judgement,
): { readonly seeds: number; readonly verdict: Verdict }[] {
  return evidence.plannedSeeds.slice(1).map((_, i) => {
    const planned = evidence.plannedSeeds.slice(0, i + 2);
    const first: MeasuredEvidence = {
      ...evidence,
      plannedSeeds: planned,
      divergedSeeds: evidence.divergedSeeds.filter((seed) => planned.includes(seed)),
      seeds: evidence.seeds.filter(({ seed }) => planned.includes(seed)),
    };
    return { seeds: planned.length, verdict: judgeClaim(claim, first, judgement) };
  });
}

function measure(claim: PublishedClaim, { seeds, plannedSeeds, of }: MeasuredEvidence, judgement: Judgement): Measured {
  const { confidence } = judgement;
  const values = seeds.map(({ draws }) => meanOf(draws));
  const { mean, interval } = summarise(values, confidence);
  return {
    of,
    seeds: seeds.length,
    plannedSeeds: plannedSeeds.length,
    mean,
    interval: interval!,
    prediction: atLeast(inconclusiveGap[of] * Math.abs(claim.value), mean, predictionInterval(values, confidence)),
    margin: marginOf(judgement, claim.metric) * Math.abs(claim.value),
    asReported: bestAsPublished(claim, seeds),
    expectedSelectionGain: selectionGain(claim, seeds, confidence),
  };
}

/** An interval around `mean` that reaches at least `gap` to either side. */
export function atLeast(gap: number, mean: number, { low, high, confidence }: Interval): Interval {
  return { low: Math.min(low, mean - gap), high: Math.max(high, mean + gap), confidence };
}

/** Each seed's best of as many draws as the published number was the best of. */
function bestAsPublished({ bestOf, better }: PublishedClaim, seeds: readonly SeedDraws[]): number | null {
  if (bestOf === null || seeds.some(({ draws }) => draws.length < bestOf)) return null;
  const best = better === 'lower' ? Math.min : Math.max;
  return meanOf(seeds.map(({ draws }) => best(...draws.slice(0, bestOf))));
}

function selectionGain({ bestOf }: PublishedClaim, seeds: readonly SeedDraws[], confidence: number): number | null {
  if (bestOf === null) return null;
  if (bestOf === 1) return 0;
  const variances = seeds
    .filter(({ draws }) => draws.length >= 2)
    .map(({ draws }) => summarise(draws, confidence).sd! ** 2);
  return variances.length > 0 ? -expectedMinimum(bestOf) * Math.sqrt(meanOf(variances)) : null;
}
