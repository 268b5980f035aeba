/** @file What a published number is: the value, how it was measured and chosen, and how well it is known. */
import { parseMetric, type PublishedMetric } from '../score/metric.ts';
import type { DatasetId } from './types.ts';

export interface PublishedNumber {
  /** `<work>/<metric>/nfe<n>`, such as `cifar10-ict/fid50k/nfe1`. */
  readonly id: string;
  readonly dataset: DatasetId;
  /** The name by which the work is known, such as `CT` or `EDM`. */
  readonly work: string;
  /** The recipe of this project that claims it; null for other works. */
  readonly recipeId: string | null;
  /** `fid50k`, `is50k`, `precision50k`, `recall50k`. */
  readonly metric: string;
  /** Network evaluations per sample. */
  readonly nfe: number;
  readonly value: number;
  readonly better: 'lower' | 'higher';
  /** Generated images behind the value. */
  readonly samples: number;
  /** How many values the published one is the best of; 1 for a single evaluation, null where it is not said. */
  readonly bestOf: number | null;
  /** How checkpoint and value were chosen, as far as it is published. */
  readonly selection: string;
  readonly source: string;
  /** `text`: read in the source; `memory`: recalled, to be confirmed in the source before it is quoted. */
  readonly confidence: 'text' | 'memory';
}

/** A published number with the direction of its metric. */
export function publishedNumber<N extends Omit<PublishedNumber, 'better'> & { readonly metric: PublishedMetric }>(
  number: N,
): N & Pick<PublishedNumber, 'better'> {
  return { ...number, better: parseMetric(number.metric).better };
}

/** A number that a recipe of this project is judged by. */
export type Claim = PublishedNumber & { readonly recipeId: string };
