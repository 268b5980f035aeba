/** @file What rank 0 of a cell asks of the others between steps: to draw, to extract, to step, to go on. */
import type { ExtractRequest, OpenRequest } from './shared-features.ts';
import type { SampleRequest } from './shared-sampling.ts';

export type Request =
  | { readonly open: OpenRequest }
  | { readonly extract: ExtractRequest }
  | { readonly sample: SampleRequest }
  /** Takes a step again, for its speed. */
  | { readonly step: number }
  /** Goes on with training. */
  | { readonly goOn: true }
  | { readonly end: true };
