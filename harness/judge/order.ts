/** @file Judges a published order, such as "two steps are better than one", by seeds. */
import type { AsRunRow } from '../results/as-run.ts';
import { inconclusiveGap, type Judgement } from '../results/judgement.ts';
import { fewestPairs } from './compare.ts';
import type { PairedEvidence } from './paired-evidence.ts';
import { meanOf, predictionInterval, summarise, type Interval } from './statistics.ts';
import { atLeast, reasonToWithhold, type Evidence } from './verdict.ts';

/** `holds`, `reversed`: the seeds show it, or its contrary. */
export type OrderKind = 'holds' | 'reversed' | 'inconclusive' | 'unstable' | 'not-attempted' | 'scaled-recipe';

export interface OrderVerdict {
  readonly kind: OrderKind;
  readonly why: string;
  readonly differences: readonly AsRunRow[];
  readonly measured: {
    readonly seeds: number;
    readonly plannedSeeds: number;
    /** Mean by which the number said to be better is ahead: positive when it is. */
    readonly lead: number;
    /** Excludes zero exactly when the order is shown or reversed. */
    readonly interval: Interval;
  } | null;
}

/**
 * Judges an order of two measured recipes or samplers (pairs: first said to be better, second worse) by the paired t-interval over seeds.
 * @param better direction of the metric
 */
export function judgeMeasuredOrder(
  evidence: PairedEvidence,
  better: 'lower' | 'higher',
  judgement: Judgement,
): OrderVerdict {
  if (evidence.kind !== 'measured') return unmeasured(evidence);
  const leads = evidence.pairs.map(({ first, second }) => (better === 'lower' ? second - first : first - second));
  const interval = leads.length < 2 ? null : summarise(leads, judgement.confidence).interval;
  return judged(leads, interval, evidence, judgement);
}

/**
 * Judges an order of a measured recipe and the published number of another work, by the interval of one further run: the published number is one
 * run too, and a gap that retraining alone could make shows nothing.
 * @param measuredIsBetter whether the recipe is said to be the better of the two
 */
export function judgeOrderWithPublished(
  evidence: Evidence,
  published: number,
  { better, measuredIsBetter }: { readonly better: 'lower' | 'higher'; readonly measuredIsBetter: boolean },
  judgement: Judgement,
): OrderVerdict {
  if (evidence.kind !== 'measured') return unmeasured(evidence);
  const sign = (better === 'lower') === measuredIsBetter ? -1 : 1;
  const leads = evidence.seeds.map(({ draws }) => sign * (meanOf(draws) - published));
  const gap = inconclusiveGap[evidence.of] * Math.abs(published);
  const interval =
    leads.length < 2 ? null : atLeast(gap, meanOf(leads), predictionInterval(leads, judgement.confidence));
  return judged(leads, interval, evidence, judgement);
}

function judged(
  leads: readonly number[],
  interval: Interval | null,
  evidence: { readonly plannedSeeds: readonly number[]; readonly divergedSeeds: readonly number[] },
  judgement: Judgement,
): OrderVerdict {
  const least = { ...judgement, minimumSeeds: Math.max(fewestPairs, judgement.minimumSeeds) };
  const withheld = reasonToWithhold(leads.length, evidence, least);
  const measured = interval && {
    seeds: leads.length,
    plannedSeeds: evidence.plannedSeeds.length,
    lead: meanOf(leads),
    interval,
  };
  const shared = { differences: [], measured };
  if (withheld) return { ...shared, kind: withheld.kind, why: 'why' in withheld ? withheld.why : withheld.reason };
  if (interval!.low > 0) return { ...shared, kind: 'holds', why: '' };
  if (interval!.high < 0) return { ...shared, kind: 'reversed', why: '' };
  return { ...shared, kind: 'inconclusive', why: 'the interval holds zero' };
}

function unmeasured(evidence: Exclude<Evidence, { kind: 'measured' }>): OrderVerdict {
  const nothing = { measured: null };
  return evidence.kind === 'scaled'
    ? { ...nothing, kind: 'scaled-recipe', why: '', differences: evidence.differences }
    : { ...nothing, kind: 'not-attempted', why: evidence.reason, differences: [] };
}
