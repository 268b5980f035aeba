/** @file Requests of rank 0 of a cell to the others, between steps. */
import type { NamedExtractor } from '../../../evaluate/scorer.ts';
import type { Drawing } from '../../../evaluate/draw.ts';

/** A network that the ranks are to extract with. */
interface OpenRequest extends NamedExtractor {
  /** By which later requests name it. */
  readonly number: number;
}

export interface ExtractRequest {
  readonly number: number;
  readonly images: number;
  readonly height: number;
  readonly width: number;
}

export type Sampling = Drawing['sampler'];
export type SampleRequest = Parameters<Sampling['sample']>[1];

export type Request =
  | { readonly open: OpenRequest }
  | { readonly extract: ExtractRequest }
  | { readonly sample: SampleRequest }
  /** Takes a step again, for its speed. */
  | { readonly step: number }
  /** Goes on with training. */
  | { readonly goOn: true }
  | { readonly end: true };
