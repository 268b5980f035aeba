/** @file What scores generated images: one extractor, one reference, one metric; and the score of real images beside it. */
import type { Output } from '../core/progress.ts';
import type { Warning } from '../core/warnings.ts';
import type { ImageSource } from '../data/source.ts';
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

export interface Scorer {
  readonly identity: ScorerIdentity;
  /** The metric's name at so many images. */
  metric(samples: number): string;
  /** @param images uint8[N,H,W,3] */
  score(images: Uint8Array): Promise<Scored>;
  /** The same metric of so many real images that the reference does not hold; null where there are none. */
  floor(samples: number): Promise<Floor | null>;
  close(): void;
}

/** Opens the scorer of a data set, or says why it cannot be had: everything else is then reported without it. */
export type OpenScorer = (
  source: ImageSource,
  output: Output,
) => Promise<Scorer | Extract<Warning, { kind: 'metric-missing' }>>;
