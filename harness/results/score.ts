/** @file A measured quality: a value that never travels without what it was measured with. */
import { z } from 'zod';
import { metricKind } from './metric-kind.ts';

const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lowercase hex digits');
const count = z.int().positive();

const metricName = z.string().superRefine((id, context) => {
  try {
    metricKind(id);
  } catch (thrown) {
    context.addIssue({ code: 'custom', message: thrown instanceof Error ? thrown.message : String(thrown) });
  }
});

/** Everything that can move a metric while the model stays the same. Scores of different identities are never compared. */
export const scoreIdentitySchema = z.strictObject({
  /** Which weights drew the samples, such as `sampling-ema`. */
  weights: z.string().min(1),
  /** Generated images. */
  samples: count,
  quantisation: z.enum(['truncate', 'round']),
  extractor: z.string().min(1),
  extractorSha256: sha256Hex,
  /** How images reach the extractor's size: `none`, `legacy-bilinear-299`, ... */
  resize: z.string().min(1),
  /** What the samples are measured against; null where nothing is (Inception Score). */
  reference: z.string().min(1).nullable(),
  referenceSha256: sha256Hex.nullable(),
  /** Images behind the reference; null where its file does not say. */
  referenceImages: count.nullable(),
  /** Images per pass through the extractor. */
  batchImages: count,
  dtype: z.string().min(1),
  device: z.enum(['cpu', 'gpu']),
});
export type ScoreIdentity = z.infer<typeof scoreIdentitySchema>;

/** The same metric of real images against the reference, at the same number of images: what a perfect model would read. */
export const floorSchema = z.strictObject({ value: z.number(), samples: count });
export type Floor = z.infer<typeof floorSchema>;

/** A quality measured at the end of a run. */
export const scoreSchema = z
  .strictObject({
    metric: metricName,
    /** Number of network evaluations per image: the steps of the sampler. */
    nfe: count,
    /** Noise level at which each evaluation starts, descending. */
    sigmas: z.array(z.number().positive()).readonly(),
    /** Value of the first, pre-registered draw of latents. */
    value: z.number(),
    /** Values of further draws of latents from the same weights, in the order drawn; empty when there was one draw. */
    redraws: z.array(z.number()).readonly(),
    floor: floorSchema.nullable(),
    identity: scoreIdentitySchema,
  })
  .superRefine(holdToName);
export type Score = z.infer<typeof scoreSchema>;

/** A quality followed through training: one identity, many points. */
export const scoreCurveSchema = z
  .strictObject({
    metric: metricName,
    nfe: count,
    sigmas: z.array(z.number().positive()).readonly(),
    floor: floorSchema.nullable(),
    identity: scoreIdentitySchema,
    points: z
      .array(z.strictObject({ step: z.int().nonnegative(), images: z.int().nonnegative(), value: z.number() }))
      .readonly(),
  })
  .superRefine(holdToName);
export type ScoreCurve = z.infer<typeof scoreCurveSchema>;

/** `fid50k` from 10,000 samples is no fid50k, and two steps are two levels. */
function holdToName(
  measured: { metric: string; nfe: number; sigmas: readonly number[]; identity: ScoreIdentity },
  context: z.RefinementCtx,
): void {
  const { images } = metricKind(measured.metric);
  if (images !== null && measured.identity.samples !== images) {
    const message = `must be the ${images} that the name ${measured.metric} promises`;
    context.addIssue({ code: 'custom', path: ['identity', 'samples'], message });
  }
  if (measured.sigmas.length !== measured.nfe) {
    context.addIssue({ code: 'custom', path: ['sigmas'], message: `must be ${measured.nfe}, one per evaluation` });
  }
}

/** The name of a score among the scores of a result: metric and sampler steps together, so that neither is lost. */
export function scoreKey(score: { readonly metric: string; readonly nfe: number }): string {
  return `${score.metric}/nfe${score.nfe}`;
}

/** Why two scores cannot stand in one column: each difference as `samples 2000 against 5000`; empty when they can. */
export function identityDifferences(a: Score, b: Score): string[] {
  const left = flatten(a);
  const right = flatten(b);
  return Object.keys(left)
    .filter((key) => left[key] !== right[key])
    .map((key) => `${key} ${left[key]!} against ${right[key]!}`);
}

function flatten(score: Score): Record<string, string> {
  const identity = Object.entries(score.identity).map(([key, value]): [string, string] => [key, String(value)]);
  return { metric: score.metric, nfe: String(score.nfe), ...Object.fromEntries(identity) };
}
