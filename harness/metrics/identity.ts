/** @file What a metric value was measured with: no value travels without it, and no two counts of samples share a name. */
import type { Warning } from '../core/warnings.ts';

/** The families of metrics; `is` is torch-fidelity's shuffled variant, `is-openai` the evaluator's blocks in order. */
export type MetricFamily =
  | 'fid'
  | 'sfid'
  | 'kid'
  | 'is'
  | 'is-openai'
  | 'precision'
  | 'recall'
  | 'density'
  | 'coverage'
  | 'fd-infinity'
  | 'fd-shapes';

/** The network behind the features. */
export interface ExtractorIdentity {
  /** `inception-2015`, `shapes-classifier`. */
  readonly extractor: string;
  readonly extractorSha256: string;
  /** How images reach the extractor's size: `tf1-bilinear-299`, `none`. */
  readonly resize: string;
  /** Precision of the extractor. */
  readonly dtype: string;
}

/** The statistics or images on the other side; all null for a metric without one (Inception Score). */
export interface ReferenceIdentity {
  readonly reference: string | null;
  readonly referenceSha256: string | null;
  /** Images behind the reference; null where its file does not say. */
  readonly referenceImages: number | null;
}

/** Everything that can move a value while the model stays the same. */
export interface MetricIdentity extends ExtractorIdentity, ReferenceIdentity {
  /** Generated images. */
  readonly samples: number;
  /** From [-1, 1] to uint8; null where the images came as uint8. */
  readonly quantisation: 'truncate' | 'round' | null;
  /** Network evaluations per image; null for images of unknown origin. */
  readonly nfe: number | null;
  /** Images per pass through the extractor. */
  readonly batchImages: number;
  readonly device: 'cpu' | 'gpu';
  /** Which linear algebra computed the value. */
  readonly algebra: 'typescript' | 'engine';
}

/** Samples of the published protocol. */
export const publishedSamples = 50_000;

/** Families whose value depends on the number of samples by construction, so that it belongs into the name. */
const uncounted: ReadonlySet<MetricFamily> = new Set<MetricFamily>(['fd-infinity', 'fd-shapes']);

/**
 * The name of a value: `fid50k`, `fid10k` for whole thousands, `fid@2500` for any other number. A number of samples other than the
 * published one is thus always visible, and two numbers never share a name.
 */
export function metricName(family: MetricFamily, samples: number): string {
  if (uncounted.has(family)) return family;
  return samples % 1000 === 0 && samples > 0 ? `${family}${samples / 1000}k` : `${family}@${samples}`;
}

/** The canonical name of a column: metric and network evaluations, `fid50k/nfe1`; without the latter where they are unknown. */
export function columnName(family: MetricFamily, identity: Pick<MetricIdentity, 'samples' | 'nfe'>): string {
  const name = metricName(family, identity.samples);
  return identity.nfe === null ? name : `${name}/nfe${identity.nfe}`;
}

/** Fields that alter the quantity itself; `batchImages`, `device` and `algebra` alter its rounding alone. */
const defining = [
  'extractorSha256',
  'resize',
  'dtype',
  'referenceSha256',
  'samples',
  'quantisation',
  'nfe',
] as const satisfies readonly (keyof MetricIdentity)[];

/** Why two values cannot stand in one column, each as `samples 10000 against 50000`; empty when they can. */
export function incomparable(first: MetricIdentity, second: MetricIdentity): string[] {
  return defining
    .filter((key) => first[key] !== second[key])
    .map((key) => `${key} ${first[key] ?? 'unknown'} against ${second[key] ?? 'unknown'}`);
}

/** The warning that stands beside a value of fewer samples than published; undefined when there are enough, or they are extrapolated away. */
export function fewSamplesWarning(family: MetricFamily, samples: number): Warning | undefined {
  if (samples >= publishedSamples || family === 'fd-infinity') return undefined;
  return { kind: 'few-samples', metric: metricName(family, samples), samples, wanted: publishedSamples };
}
