/** @file Images per second, with the raw durations in the order in which they were taken. */
import { z } from 'zod';
import { described, ResultError } from '../core/errors.ts';

export const throughputSchema = z
  .strictObject({
    what: z.enum(['train', 'sample']),
    /** Sampler steps; null for training. */
    nfe: z.int().positive().nullable(),
    /** Images per timed iteration. */
    batchImages: z.int().positive(),
    /** All images over all seconds: batchImages * iterations / sum of durations. */
    imagesPerSecond: z.number().positive(),
    /** Device-synchronised duration of each timed iteration, in order, never sorted: drift and throttling stay visible. */
    iterationMilliseconds: z.array(z.number().positive()).min(1).readonly(),
    /** Iterations before the first timed one (tracing, compilation, caches), and what they took. */
    warmup: z.strictObject({ iterations: z.int().nonnegative(), milliseconds: z.number().nonnegative() }),
    /** Of training: the share of a step in which the device waits for its input. Older results have none. */
    waitingShare: z.number().min(0).max(1).exactOptional(),
    method: z.string().min(1),
  })
  .superRefine((measured, context) => {
    const expected = imagesPerSecond(measured.batchImages, measured.iterationMilliseconds);
    if (Math.abs(measured.imagesPerSecond - expected) <= 1e-9 * expected) return;
    context.addIssue({
      code: 'custom',
      path: ['imagesPerSecond'],
      message: `must be ${expected}, all images over all seconds`,
    });
  });
export type Throughput = z.infer<typeof throughputSchema>;

/** How the durations were taken, unless said otherwise. */
const throughputMethod = 'tinybench iterations, each duration ended by a device synchronisation; warm-up excluded';

/**
 * A measurement from its raw durations.
 * @throws ResultError when there is no duration or one is not positive
 */
export function throughputOf(raw: {
  readonly what: 'train' | 'sample';
  readonly nfe: number | null;
  readonly batchImages: number;
  readonly iterationMilliseconds: readonly number[];
  readonly warmup: { readonly iterations: number; readonly milliseconds: number };
  readonly method?: string;
}): Throughput {
  const bad = raw.iterationMilliseconds.find((duration) => !(duration > 0 && Number.isFinite(duration)));
  if (bad !== undefined || raw.iterationMilliseconds.length === 0) {
    throw new ResultError({
      where: `throughput of ${raw.what}`,
      got: bad ?? described('no duration'),
      expected: 'positive durations in milliseconds, one per timed iteration',
      remedy: 'Time at least one iteration with a monotonic clock',
    });
  }
  return {
    ...raw,
    imagesPerSecond: imagesPerSecond(raw.batchImages, raw.iterationMilliseconds),
    method: raw.method ?? throughputMethod,
  };
}

/** The mean of per-iteration rates would weigh fast iterations more; the ratio of sums does not. */
function imagesPerSecond(batchImages: number, iterationMilliseconds: readonly number[]): number {
  const total = iterationMilliseconds.reduce((sum, duration) => sum + duration, 0);
  return (1000 * batchImages * iterationMilliseconds.length) / total;
}
