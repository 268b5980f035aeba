/**
 * @file Types of a scale, which says how much of a recipe is run.
 *
 * A scale never edits a recipe: plan and report hold both and print "published" beside "as run".
 */

export type ScaleId = 'smoke' | 'twin' | 'ladder' | 'hour' | 'night' | 'paper';

export interface Scale {
  readonly id: ScaleId;
  /** Optimizer steps; null: all of the recipe's. */
  readonly steps: number | null;
  /** Images per optimizer step; null: the recipe's. */
  readonly batchImages: number | null;
  /**
   * Largest number of intervals of the curriculum; null: the recipe's s1. A chain of levels longer than the run can learn
   * makes both methods worse, so short runs end earlier in the same curriculum.
   */
  readonly maxIntervals: number | null;
  /**
   * Largest number of intervals under a teacher that is an average: its last stage lasts at least so many half-lives of the teacher.
   * Absent: no such bound.
   */
  readonly teacherHalfLives?: number;
  /**
   * Decay of the sampling EMA; null: the recipe's; `same-share`: the half-life is the same share of the run as in the published one,
   * method by method. The published decays average over more steps than a short run has.
   */
  readonly samplingEmaDecay: number | 'same-share' | null;
  /** Dropout rate; absent: the recipe's. A run of few epochs has nothing that dropout could prevent. */
  readonly dropout?: number;
  /** Generated images per sampler that are scored at the end. */
  readonly sampleImages: number;
  /**
   * Independent draws of `sampleImages` that are scored at the end, the first included; absent: one. Plans written before draws had a
   * number keep their fingerprint.
   */
  readonly draws?: number;
  /** Generated images per sampler that are scored at each point of the curve. */
  readonly curveImages: number;
  /** Points of the curve, evenly spaced over the steps, the last one being the end. */
  readonly curvePoints: number;
  /** Steps between checkpoints. */
  readonly checkpointEverySteps: number;
}
