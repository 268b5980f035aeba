/**
 * @file Interface of a scorer: one extractor, one reference, one metric to follow.
 *
 * It scores generated images, and real ones beside them.
 */
import type { Clock } from '../core/clock.ts';
import type { Output } from '../system/progress.ts';
import type { Warning } from '../core/warnings.ts';
import type { ImageSource } from '../data/source.ts';
import type { Engine } from '../engine/engine.ts';
import type { Plan } from '../plan/types.ts';
import type { ExtractorOutput, FeatureExtractor, Spread } from '../metrics/features/extractor.ts';
import type { Algebra } from '../metrics/linalg/algebra.ts';
import type { MeasuredScore, MeasuredScores, MeasureOptions } from '../metrics/measurement.ts';
import { torchFidelityKid } from '../metrics/values/kid.ts';
import type { ExtractorIdentity } from '../score/identity.ts';
import type { Floor, Score } from '../score/score.ts';

export interface Scorer {
  /** The metric of the curve at so many images, and what it is measured with. */
  followed(samples: number): Pick<MeasuredScore, 'metric' | 'identity'>;
  /** The metric of the curve. @param images uint8[N,H,W,3] */
  score(images: Uint8Array): Promise<MeasuredScore>;
  /** Everything that this scorer can measure, the metric of the curve first. @param images uint8[N,H,W,3] */
  scoreFully(images: Uint8Array): Promise<MeasuredScores>;
  /** The metric of the curve for so many real images that the reference does not hold; null where there are far too few. */
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
  /** Where other processes extract features too. */
  readonly spread?: Spread;
  readonly output: Output;
  readonly clock: Clock;
}

/** A scorer, or why there is none: everything else is then reported without it. */
export type Scoring =
  | { readonly kind: 'open'; readonly scorer: Scorer }
  | { readonly kind: 'missing'; readonly warning: Extract<Warning, { kind: 'metric-missing' }> };

export type OpenScorer = (request: ScorerRequest) => Promise<Scoring>;

/** A feature network as the scorer of another process names it. */
export interface NamedExtractor extends Pick<ExtractorIdentity, 'extractor' | 'extractorSha256'> {
  readonly outputs: readonly ExtractorOutput[];
}

/** Opens the network alone, for a process that extracts for the scorer of another. */
export type OpenExtractor = (
  named: NamedExtractor,
  request: Pick<ScorerRequest, 'plan' | 'engine' | 'output' | 'clock'>,
) => Promise<FeatureExtractor>;

/** The whole identity of a score: what measured it, and what drew the images. */
export function scoreIdentity({ weights, recipe }: Plan, measured: MeasuredScore['identity']): Score['identity'] {
  return { weights: weights?.part ?? 'sampling-ema', quantisation: recipe.sampling.quantise, ...measured };
}

/** How a cell measures: the published protocol, and too few images for a full rank clamped and counted. */
export function measureOptions({ plan, engine }: ScorerRequest, algebra: Algebra): MeasureOptions {
  return { algebra, device: engine.device, whenSingular: 'clamp', kid: torchFidelityKid, seed: plan.seed };
}
