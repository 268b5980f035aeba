/** @file By what thresholds results are judged: data, fixed before the first step, printed beside every verdict. */

export interface Judgement {
  /** Confidence of every interval, two-sided: a verdict is wrong at most 1 - confidence of the time. */
  readonly confidence: number;
  /** Half-width of the band around a published value inside which a mean counts as reproducing it, as a share of the value. */
  readonly relativeMargin: number;
  /** Fewer finished seeds than this give no verdict; at least two, whatever is asked. */
  readonly minimumSeeds: number;
}

/**
 * 5 % around the published value: wider than the scatter of repeated evaluation (about 0.05 FID at 2, NVlabs/edm#16), far
 * narrower than the gaps between the methods (8.70, 2.83, 2.51). Three seeds: with two the t-interval is thirteen standard errors.
 */
export const standardJudgement: Judgement = { confidence: 0.95, relativeMargin: 0.05, minimumSeeds: 3 };
