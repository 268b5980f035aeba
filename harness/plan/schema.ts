/** @file Schema of a plan read from a file: every part is present, and both fingerprints match. */
import { z } from 'zod';
import { fingerprint } from '../core/canonical-json.ts';
import { planFingerprint } from './resolve.ts';
import type { Plan } from './types.ts';
import { recipeSchema } from '../recipe/schema.ts';
import { weightsParts } from '../recipe/weights-part.ts';
import { devices } from '../core/device.ts';

const count = z.int().positive();

/** Every part of a plan, whatever its fingerprints are. */
export const planParts = z.strictObject({
  schema: z.literal('consistency-harness/plan@1'),
  recipe: recipeSchema,
  recipeFingerprint: z.string(),
  scale: z.strictObject({
    id: z.enum(['smoke', 'twin', 'ladder', 'hour', 'night', 'paper']),
    steps: count.nullable(),
    batchImages: count.nullable(),
    maxIntervals: count.nullable(),
    teacherHalfLives: z.number().positive().exactOptional(),
    samplingEmaDecay: z.union([z.number(), z.literal('same-share')]).nullable(),
    dropout: z.number().exactOptional(),
    sampleImages: count,
    draws: count.exactOptional(),
    curveImages: count,
    curvePoints: count,
    checkpointEverySteps: count,
  }),
  seed: z.int().nonnegative(),
  engine: z.strictObject({
    device: z.enum(devices),
    mode: z.enum(['compiled', 'eager']),
    precision: z.enum(['float32', 'bfloat16']),
    xla: z.boolean(),
    tf32: z.boolean(),
    deterministic: z.boolean(),
    microBatchImages: count,
    recompute: z.boolean(),
    groupNorm: z.literal('native').exactOptional(),
    reduction: z.literal('fast').exactOptional(),
    ranks: count.exactOptional(),
  }),
  asRun: z.strictObject({
    steps: count,
    batchImages: count,
    s0: count,
    s1: count,
    samplingEmaDecay: z.number(),
    dropout: z.number().exactOptional(),
    sampleImages: count,
    draws: count.exactOptional(),
    curveImages: count,
    curveSteps: z.array(count).readonly(),
    checkpointEverySteps: count,
  }),
  weights: z
    .strictObject({
      file: z.string().min(1),
      sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lowercase hex digits'),
      part: z.enum(weightsParts),
      gridLevels: z.int().min(2).exactOptional(),
    })
    .exactOptional(),
  fingerprint: z.string(),
}) satisfies z.ZodType<Plan>;

/** The value itself, not a copy: the fingerprints are those of what was read. */
export const planSchema = z.custom<Plan>().superRefine((value, context) => {
  const parsed = planParts.safeParse(value);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      context.addIssue({ code: 'custom', path: [...issue.path], message: issue.message });
    }
    return;
  }
  if (fingerprint(value.recipe) !== value.recipeFingerprint) {
    context.addIssue({ code: 'custom', path: ['recipeFingerprint'], message: 'is not the fingerprint of the recipe' });
  }
  if (planFingerprint(value) !== value.fingerprint) {
    context.addIssue({ code: 'custom', path: ['fingerprint'], message: 'is not the fingerprint of the plan' });
  }
});
