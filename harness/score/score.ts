/** @file Schema of a score: a measured value with the identity of its measurement. */
import { z } from 'zod';
import type { Warning } from '../core/warnings.ts';
import { scoreIdentitySchema, type ScoreIdentity } from './identity.ts';
import { parseMetric } from './metric.ts';

const count = z.int().positive();

const metricSchema = z.string().superRefine((id, context) => {
  try {
    parseMetric(id);
  } catch (thrown) {
    context.addIssue({ code: 'custom', message: thrown instanceof Error ? thrown.message : String(thrown) });
  }
});

/** The same metric of real images against the reference, at the same number of images: what a perfect model would read. */
const floorSchema = z.strictObject({
  value: z.number(),
  samples: count,
  /** Real images that there are, where they are fewer: the value is that of a line in 1/N through subsets of them. */
  extrapolatedFrom: count.exactOptional(),
});
export type Floor = z.infer<typeof floorSchema>;

const measured = {
  metric: metricSchema,
  /** Number of network evaluations per image: the steps of the sampler. */
  nfe: count,
  /** Noise level at which each evaluation starts, descending. */
  sigmas: z.array(z.number().positive()).readonly(),
  floor: floorSchema.nullable(),
  identity: scoreIdentitySchema,
};

/** A quality measured at the end of a run. */
export const scoreSchema = z
  .strictObject({
    ...measured,
    /** Value of the first, pre-registered draw of latents. */
    value: z.number(),
    /** Values of further draws of latents from the same weights, in the order drawn; empty when there was one draw. */
    redraws: z.array(z.number()).readonly(),
  })
  .superRefine(holdToName);
export type Score = z.infer<typeof scoreSchema>;

/** A quality followed through training: one identity, many points. */
export const scoreCurveSchema = z
  .strictObject({
    ...measured,
    points: z
      .array(z.strictObject({ step: z.int().nonnegative(), images: z.int().nonnegative(), value: z.number() }))
      .readonly(),
  })
  .superRefine(holdToName);
export type ScoreCurve = z.infer<typeof scoreCurveSchema>;

/** `fid50k` from 10,000 samples is no fid50k, and two steps are two levels. */
function holdToName(
  {
    metric,
    nfe,
    sigmas,
    identity,
  }: { metric: string; nfe: number; sigmas: readonly number[]; identity: ScoreIdentity },
  context: z.RefinementCtx,
): void {
  const { images } = parseMetric(metric);
  if (images !== null && identity.samples !== images) {
    const message = `must be the ${images} that the name ${metric} promises`;
    context.addIssue({ code: 'custom', path: ['identity', 'samples'], message });
  }
  if (sigmas.length !== nfe) {
    context.addIssue({ code: 'custom', path: ['sigmas'], message: `must be ${nfe}, one per evaluation` });
  }
}

/** The name of a score among others: metric and sampler steps, `fid50k/nfe1`; the metric alone where the steps are unknown. */
export function scoreKey({ metric, nfe }: { readonly metric: string; readonly nfe: number | null }): string {
  return nfe === null ? metric : `${metric}/nfe${nfe}`;
}

/** Images behind every published value of a counted metric. */
const publishedImages = 50_000;

/** One warning per metric that is of fewer images than the published values beside which it stands. */
export function fewSamples(scores: readonly Pick<Score, 'metric'>[]): Warning[] {
  const names = [...new Set(scores.map(({ metric }) => metric))];
  return names.flatMap((metric): Warning[] => {
    const { images } = parseMetric(metric);
    if (images === null || images >= publishedImages) return [];
    return [{ kind: 'few-samples', metric, samples: images, wanted: publishedImages }];
  });
}
