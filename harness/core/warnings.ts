/**
 * @file Warnings that qualify a number without stopping the run: one typed union and its texts.
 *
 * They are stored in the result and shown beside the number.
 */
import { significant } from './units.ts';

export type Warning =
  | { readonly kind: 'scaled-recipe'; readonly scale: string; readonly asRun: string; readonly published: string }
  | { readonly kind: 'few-samples'; readonly metric: string; readonly samples: number; readonly wanted: number }
  | { readonly kind: 'clamped-eigenvalues'; readonly metric: string; readonly clamped: number }
  | { readonly kind: 'metric-missing'; readonly metric: string; readonly why: string }
  | { readonly kind: 'dirty-working-tree'; readonly commit: string }
  | { readonly kind: 'unknown-provenance'; readonly what: string; readonly why: string }
  | { readonly kind: 'declared-deviation'; readonly what: string; readonly why: string }
  | { readonly kind: 'eager-engine' }
  | { readonly kind: 'rounded-products'; readonly precision: 'tf32' | 'bfloat16' }
  | { readonly kind: 'xla-draws' }
  | {
      readonly kind: 'projected-level';
      readonly published: number;
      readonly used: number;
      readonly index: number;
      readonly N: number;
    }
  | { readonly kind: 'resumed'; readonly fromStep: number }
  | { readonly kind: 'unpublished-data'; readonly origin: string }
  | { readonly kind: 'given-weights'; readonly file: string; readonly sha256: string };

/** Each warning once, in order of first appearance. */
export function distinctWarnings(warnings: readonly Warning[]): Warning[] {
  return [...new Map(warnings.map((warning) => [JSON.stringify(warning), warning])).values()];
}

export function warningText(warning: Warning): string {
  switch (warning.kind) {
    case 'scaled-recipe':
      return `Run at scale "${warning.scale}" (${warning.asRun}), published with ${warning.published}: not comparable with the paper's number.`;
    case 'few-samples':
      return `${warning.metric} was computed from ${warning.samples} samples, not ${warning.wanted}: its value depends on that number.`;
    case 'clamped-eigenvalues':
      return `${warning.metric}: ${warning.clamped} negative eigenvalues were set to zero; the covariance is rank-deficient.`;
    case 'metric-missing':
      return `${warning.metric} is missing: ${warning.why}`;
    case 'dirty-working-tree':
      return `The working tree differed from commit ${warning.commit}.`;
    case 'unknown-provenance':
      return `Not known: ${warning.what}, because ${warning.why}.`;
    case 'declared-deviation':
      return `Deviation: ${warning.what} (${warning.why}).`;
    case 'eager-engine':
      return 'The step ran op by op (--engine-mode eager): throughput is not that of the harness.';
    case 'rounded-products':
      return warning.precision === 'tf32'
        ? 'Matrix products took float32 rounded to TensorFloat-32 (10 bits of mantissa); whether the published numbers were made so is not known.'
        : 'Matrix products took bfloat16 (7 bits of mantissa): no published number was made so, and no claim is judged by this one.';
    case 'xla-draws':
      return 'XLA compiled the step (--xla): where it makes normal numbers by its own algorithm, noise and masks are not those of a run without it, of the same distribution.';
    case 'projected-level':
      return `Two-step samples: the published second level ${warning.published} is none of the ${warning.N} that training ended on; the nearest was used, ${significant(warning.used, 6)} (index ${warning.index}).`;
    case 'resumed':
      return `The run was continued from step ${warning.fromStep}.`;
    case 'given-weights':
      return `The weights were not trained here but read from ${warning.file} (sha256 ${warning.sha256.slice(0, 12)}): sampling and scoring were repeated, training was not.`;
    case 'unpublished-data':
      return `Not known to be the published data (${warning.origin}): no published claim can be judged with it.`;
  }
}
