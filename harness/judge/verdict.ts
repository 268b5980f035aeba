/** @file Published claims against measured seeds: one verdict each, never from one seed, never from a scaled run. */
import type { Claim } from '../recipe/claim.ts';
import type { AsRunRow } from '../results/as-run.ts';
import type { Judgement } from '../results/judgement.ts';
import { expectedMinimum, meanOf, summarise, type Interval } from './statistics.ts';

/** What a verdict needs to know of a claim. */
export type PublishedClaim = Pick<Claim, 'metric' | 'value' | 'better' | 'bestOf'>;

/** The measured values of one seed: the pre-registered draw of latents first, then any further draws. */
export interface SeedDraws {
  readonly seed: number;
  readonly draws: readonly [number, ...number[]];
}

/** What there is to judge a claim by. */
export type Evidence =
  | { readonly kind: 'measured'; readonly seeds: readonly SeedDraws[]; readonly plannedSeeds: number }
  /** The recipe was run, but not as published. */
  | { readonly kind: 'scaled'; readonly differences: readonly AsRunRow[] }
  | { readonly kind: 'none'; readonly reason: string };

export type Verdict =
  | { readonly kind: 'reproduced' | 'worse' | 'better-audit'; readonly measured: Measured }
  | { readonly kind: 'inconclusive'; readonly seeds: number; readonly why: string; readonly measured: Measured | null }
  | { readonly kind: 'not-attempted'; readonly reason: string }
  | { readonly kind: 'scaled-recipe'; readonly differences: readonly AsRunRow[] };

/** The two columns of a judged claim: without selection, and chosen as the published number was. */
export interface Measured {
  readonly seeds: number;
  readonly plannedSeeds: number;
  /** Mean over seeds of each seed's mean over draws. */
  readonly mean: number;
  readonly interval: Interval;
  /** The band [value - margin, value + margin] that counts as the published value. */
  readonly margin: number;
  /** Mean over seeds of the best of the first `bestOf` draws; null when the rule or the draws are not there. */
  readonly asReported: number | null;
  /** What choosing the best of `bestOf` is expected to gain, in units of the metric, from the spread over draws. */
  readonly expectedSelectionGain: number | null;
}

/**
 * Judges one claim. With the t-interval of the mean over seeds and the margin m = relativeMargin * |value|:
 * wholly inside value +- m: reproduced; wholly on the worse side of the band: worse; wholly on the better side: better, to be
 * audited; otherwise inconclusive. If the true mean is the published value, `worse` and `better-audit` together occur at most
 * 1 - confidence of the time.
 */
export function judgeClaim(claim: PublishedClaim, evidence: Evidence, judgement: Judgement): Verdict {
  if (evidence.kind === 'none') return { kind: 'not-attempted', reason: evidence.reason };
  if (evidence.kind === 'scaled') return { kind: 'scaled-recipe', differences: evidence.differences };
  const seeds = evidence.seeds.length;
  if (seeds === 0) return { kind: 'not-attempted', reason: 'no planned seed has finished' };
  if (seeds < 2) return { kind: 'inconclusive', seeds, why: 'one seed has no spread', measured: null };
  const measured = measure(claim, evidence.seeds, evidence.plannedSeeds, judgement);
  const least = Math.max(2, judgement.minimumSeeds);
  if (seeds < least) return { kind: 'inconclusive', seeds, why: `fewer than ${least} seeds`, measured };
  const { interval, margin } = measured;
  const [bandLow, bandHigh] = [claim.value - margin, claim.value + margin];
  if (interval.low >= bandLow && interval.high <= bandHigh) return { kind: 'reproduced', measured };
  if (interval.low > bandHigh) return { kind: claim.better === 'lower' ? 'worse' : 'better-audit', measured };
  if (interval.high < bandLow) return { kind: claim.better === 'lower' ? 'better-audit' : 'worse', measured };
  return { kind: 'inconclusive', seeds, why: 'the interval crosses the edge of the margin', measured };
}

function measure(
  claim: PublishedClaim,
  seeds: readonly SeedDraws[],
  plannedSeeds: number,
  { confidence, relativeMargin }: Judgement,
): Measured {
  const summary = summarise(
    seeds.map(({ draws }) => meanOf(draws)),
    confidence,
  );
  return {
    seeds: seeds.length,
    plannedSeeds,
    mean: summary.mean,
    interval: summary.interval!,
    margin: relativeMargin * Math.abs(claim.value),
    asReported: bestAsPublished(claim, seeds),
    expectedSelectionGain: selectionGain(claim, seeds, confidence),
  };
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
