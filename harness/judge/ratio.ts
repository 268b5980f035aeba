/** @file Judges a published ratio, such as "3.5x better", by the ratio of two recipes seed by seed. */
import type { RatioClaim } from '../recipe/claim.ts';
import type { AsRunRow } from '../results/as-run.ts';
import { inconclusiveGap, marginOf, type Judgement } from '../results/judgement.ts';
import type { PairedEvidence } from './paired-evidence.ts';
import { predictionInterval, summarise, type Interval } from './statistics.ts';
import { atLeast, reasonToWithhold, type Verdict } from './verdict.ts';

interface MeasuredRatio {
  readonly seeds: number;
  readonly plannedSeeds: number;
  /** The geometric mean over seeds. */
  readonly ratio: number;
  readonly interval: Interval;
  /** What counts as the published factor. */
  readonly band: { readonly low: number; readonly high: number };
}

export interface RatioVerdict {
  readonly kind: Verdict['kind'];
  readonly why: string;
  readonly differences: readonly AsRunRow[];
  readonly measured: MeasuredRatio | null;
}

/**
 * Judges a ratio r = over / under, of which a larger one is the better. With d_i = ln over_i - ln under_i of seed i, ln r is estimated by the mean
 * of d, its t-interval is taken back by exp, and the rule is that of a single claim: the interval inside factor / (1 + m) ... factor (1 + m)
 * reproduces it, where m is twice the margin of the metric, since either number may be off by one; the interval of one further pair of runs outside
 * of it is worse, or better and to be audited. For a spread of a few per cent ln is linear over it, and the interval is that of Fieller's theorem to
 * the third digit.
 */
export function judgeRatio(
  { factor }: Pick<RatioClaim, 'factor'>,
  metric: string,
  evidence: PairedEvidence,
  judgement: Judgement,
): RatioVerdict {
  const nothing = { differences: [], measured: null };
  if (evidence.kind === 'none') return { ...nothing, kind: 'not-attempted', why: evidence.reason };
  if (evidence.kind === 'scaled') {
    return { ...nothing, kind: 'scaled-recipe', why: '', differences: evidence.differences };
  }
  const { pairs, plannedSeeds, of } = evidence;
  const logs = pairs.map(({ first, second }) => Math.log(first / second));
  const withheld = reasonToWithhold(pairs.length, evidence, judgement);
  if (withheld?.kind === 'not-attempted') return { ...nothing, kind: withheld.kind, why: withheld.reason };
  if (logs.length < 2) return { ...nothing, kind: withheld!.kind, why: withheld!.why };
  const { mean, interval } = summarise(logs, judgement.confidence);
  const margin = Math.log(1 + 2 * marginOf(judgement, metric));
  const band = { low: Math.log(factor) - margin, high: Math.log(factor) + margin };
  const measured: MeasuredRatio = {
    seeds: pairs.length,
    plannedSeeds: plannedSeeds.length,
    ratio: Math.exp(mean),
    interval: { ...interval!, low: Math.exp(interval!.low), high: Math.exp(interval!.high) },
    band: { low: Math.exp(band.low), high: Math.exp(band.high) },
  };
  const judged = { differences: [], measured };
  if (withheld) return { ...judged, kind: withheld.kind, why: withheld.why };
  if (interval!.low >= band.low && interval!.high <= band.high) {
    return { ...judged, kind: of === 'training' ? 'reproduced' : 'evaluation-reproduced', why: '' };
  }
  // Both published numbers are single runs, so the gap that shows nothing is that of two.
  const gap = Math.SQRT2 * inconclusiveGap[of];
  const prediction = atLeast(gap, mean, predictionInterval(logs, judgement.confidence));
  if (prediction.high < band.low) return { ...judged, kind: 'worse', why: '' };
  if (prediction.low > band.high) return { ...judged, kind: 'better-audit', why: '' };
  return { ...judged, kind: 'inconclusive', why: 'the interval crosses the edge of the margin' };
}
