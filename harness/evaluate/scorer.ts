/** @file What scores generated images: one extractor, one reference, one metric to follow; and the score of real images beside it. */
import type { Clock } from '../core/clock.ts';
import type { Output } from '../system/progress.ts';
import type { Warning } from '../core/warnings.ts';
import type { ImageSource } from '../data/source.ts';
import type { Engine } from '../engine/load.ts';
import type { Plan } from '../plan/types.ts';
import type { Floor, ScoreIdentity } from '../results/score.ts';

/** The part of a score's identity that the scorer knows. */
export type ScorerIdentity = Pick<
  ScoreIdentity,
  | 'extractor'
  | 'extractorSha256'
  | 'resize'
  | 'reference'
  | 'referenceSha256'
  | 'referenceImages'
  | 'batchImages'
  | 'dtype'
>;

export interface Scored {
  readonly value: number;
  readonly warnings: readonly Warning[];
}

/** A value with the name that it stands under. */
export interface NamedScore {
  readonly metric: string;
  readonly value: number;
  readonly identity: ScorerIdentity;
}

export interface ScoredFully {
  /** The metric of the curve first. */
  readonly scores: readonly [NamedScore, ...NamedScore[]];
  readonly warnings: readonly Warning[];
}

export interface Scorer {
  readonly identity: ScorerIdentity;
  /** The name of the metric of the curve at so many images. */
  metric(samples: number): string;
  /** The metric of the curve. @param images uint8[N,H,W,3] */
  score(images: Uint8Array): Promise<Scored>;
  /** Everything that this scorer can measure. @param images uint8[N,H,W,3] */
  scoreFully(images: Uint8Array): Promise<ScoredFully>;
  /** The metric of the curve for so many real images that the reference does not hold; null where there are none. */
  floor(samples: number): Promise<Floor | null>;
  close(): void;
}

/** Files of a person's own in place of what would be downloaded. */
export interface ScoringFiles {
  /** The 2015 Inception graph. */
  readonly inception?: string;
  /** Reference statistics, `.npz`. */
  readonly reference?: string;
}

export interface ScorerRequest {
  readonly plan: Plan;
  readonly engine: Engine;
  /** The data set; null where the cell needs none. */
  readonly source: ImageSource | null;
  readonly output: Output;
  readonly clock: Clock;
}

/** Opens the scorer of a plan, or says why it cannot be had: everything else is then reported without it. */
export type OpenScorer = (request: ScorerRequest) => Promise<Scorer | Extract<Warning, { kind: 'metric-missing' }>>;
