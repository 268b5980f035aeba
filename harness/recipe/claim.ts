/** @file Types of a published number: value, measuring protocol, selection, and how well it is known. */
import type { ScoreIdentity } from '../score/identity.ts';
import { parseMetric, type PublishedMetric } from '../score/metric.ts';
import type { DatasetId } from './dataset.ts';

export type { PublishedMetric };

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
  /** How many values the published one is the best of; 1 for a single evaluation, null where it is not said. */
  readonly bestOf: number | null;
  /** How checkpoint and value were chosen, as far as it is published. */
  readonly selection: string;
  readonly source: string;
  readonly confidence: Confidence;
}

/**
 * `text`: read in the source; `quoted`: read in texts on the source, which are named, and not in it; `memory`: recalled, to be confirmed in the
 * source before it is quoted.
 */
export type Confidence = 'text' | 'quoted' | 'memory';

/** How matrix products were computed: in full, rounded to TensorFloat-32 (10 bits of mantissa), or from bfloat16. */
export type ProductPrecision = 'float32' | 'tf32' | 'bfloat16';

/** How a published number was measured: a score that was measured otherwise says nothing about it. */
export interface Protocol extends Pick<
  ScoreIdentity,
  'samples' | 'weights' | 'quantisation' | 'extractor' | 'resize' | 'reference'
> {
  /** sha256 of the extractor's file; null where none is published: then only the file that its publisher serves bears the name. */
  readonly extractorSha256: string | null;
  /** Precisions of training and sampling whose numbers may stand beside it. XLA does not matter: the published CIFAR-10 code is compiled by it. */
  readonly precisions: readonly ProductPrecision[];
  /** Where the protocol is known from. */
  readonly source: string;
}

/** A published number with the direction of its metric. */
export function publishedNumber<N extends Omit<PublishedNumber, 'better'> & { readonly metric: PublishedMetric }>(
  number: N,
): N & Pick<PublishedNumber, 'better'> {
  return { ...number, better: parseMetric(number.metric).better };
}

/** A number that a recipe of this project is judged by. */
export type Claim = PublishedNumber & { readonly recipeId: string; readonly protocol: Protocol };

/** "3.5x better": the value of one claim over that of another. */
export interface RatioClaim {
  readonly id: string;
  readonly dataset: DatasetId;
  readonly says: string;
  /** Id of the claim whose value is divided. */
  readonly over: string;
  /** Id of the claim that it is divided by. */
  readonly under: string;
  readonly factor: number;
  readonly source: string;
  readonly confidence: Confidence;
}

/** "A is better than B", by two published numbers of one metric; at least one of them is a claim of a recipe. */
export interface OrderClaim {
  readonly id: string;
  readonly dataset: DatasetId;
  readonly says: string;
  /** Id of the number that is the better one. */
  readonly better: string;
  /** Id of the number that is the worse one. */
  readonly worse: string;
  readonly source: string;
  readonly confidence: Confidence;
}

/** A recipe that reads the paper otherwise where it is open: it is judged by the claims of the recipe that it is a reading of. */
export interface Reading {
  readonly recipeId: string;
  readonly of: string;
  /** What it reads otherwise. */
  readonly what: string;
}

/** What is published about the machines of a recipe. */
export interface PublishedMachines {
  readonly recipeId: string;
  readonly machines: string;
  /** Hours of the whole set of machines; null where they are not published. */
  readonly hours: number | null;
  readonly source: string;
  readonly confidence: Confidence;
}
