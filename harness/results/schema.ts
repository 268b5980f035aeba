/** @file Schema of a result: all measurements of a cell, and the facts to check, compare and repeat it. */
import { z } from 'zod';
import { isStream, type Stream } from '../core/random.ts';
import type { Warning } from '../core/warnings.ts';
import { machineSchema } from './origin/machine.ts';
import { planSchema } from '../plan/schema.ts';
import { provenanceSchema } from './origin/provenance.ts';
import { scoreCurveSchema, scoreSchema } from '../score/score.ts';
import { secondLevelSchema } from './second-level.ts';
import { throughputSchema } from './throughput.ts';

export const resultSchemaId = 'consistency-harness/result@1';

const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lowercase hex digits');
const seconds = z.number().nonnegative();
const count = z.int().positive();

/** A path inside the cell's folder: it moves with the folder and names no machine. */
const relativePath = z
  .string()
  .regex(/^(?!\/)(?!.*(^|\/)\.\.(\/|$))[^\\:]+$/, 'must be a relative path inside the folder of the cell');

/** Mirrors the union of core/warnings.ts; the annotation makes the two differ in a compile error. */
export const warningSchema: z.ZodType<Warning> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('scaled-recipe'), scale: z.string(), asRun: z.string(), published: z.string() }),
  z.strictObject({ kind: z.literal('few-samples'), metric: z.string(), samples: z.number(), wanted: z.number() }),
  z.strictObject({ kind: z.literal('clamped-eigenvalues'), metric: z.string(), clamped: z.number() }),
  z.strictObject({ kind: z.literal('metric-missing'), metric: z.string(), why: z.string() }),
  z.strictObject({ kind: z.literal('dirty-working-tree'), commit: z.string() }),
  z.strictObject({ kind: z.literal('unknown-provenance'), what: z.string(), why: z.string() }),
  z.strictObject({ kind: z.literal('declared-deviation'), what: z.string(), why: z.string() }),
  z.strictObject({ kind: z.literal('eager-engine') }),
  z.strictObject({ kind: z.literal('xla-draws') }),
  z.strictObject({ kind: z.literal('rounded-products'), precision: z.enum(['tf32', 'bfloat16']) }),
  z.strictObject({
    kind: z.literal('projected-level'),
    published: z.number(),
    used: z.number(),
    index: z.number(),
    N: z.number(),
  }),
  z.strictObject({ kind: z.literal('resumed'), fromStep: z.number() }),
  z.strictObject({ kind: z.literal('unpublished-data'), origin: z.string() }),
  z.strictObject({ kind: z.literal('given-weights'), file: z.string(), sha256: z.string() }),
]);

/** One point of the thinned loss curve: the mean loss of the steps since the point before. */
const lossPointSchema = z.strictObject({
  step: z.int().nonnegative(),
  images: z.int().nonnegative(),
  loss: z.number(),
  /** N: number of noise levels (grid points) at this step. */
  levels: z.int().min(2),
});
export type LossPoint = z.infer<typeof lossPointSchema>;

const fileSchema = z.strictObject({
  /** `samples`: generated from the display latents; `moment`: the first of these during training; `real`: held-out images for the eye. */
  kind: z.enum(['samples', 'moment', 'real']),
  path: relativePath,
  sha256: sha256Hex,
  bytes: count,
  /** Sampler steps of generated images; null for real ones. */
  nfe: count.nullable(),
  images: count,
  columns: count,
  /** Of a moment: optimizer steps done. */
  step: z.int().nonnegative().exactOptional(),
  /** Names the latents: grids of equal names show the same latents in the same order. Null for real images. */
  latents: z.string().min(1).nullable(),
});
export type ResultFile = z.infer<typeof fileSchema>;

/** Random streams with their 64-bit keys. */
export const streamsSchema = z
  .array(
    z.strictObject({
      stream: z.custom<Stream>(isStream, 'must be a stream of the harness'),
      key: z.string().regex(/^[0-9a-f]{16}$/),
    }),
  )
  .readonly();

export const resultBodySchema = z.strictObject({
  schema: z.literal(resultSchemaId),
  recipe: z.strictObject({ id: z.string().min(1), version: count, fingerprint: sha256Hex }),
  plan: planSchema,
  seed: z.int().nonnegative(),
  /** `diverged`: a value was not finite; `failed` (in `failure.json` alone): anything else ended the last attempt. */
  status: z.enum(['done', 'diverged', 'failed']),
  failure: z
    .strictObject({ step: z.int().nonnegative().nullable(), message: z.string().min(1), exitCode: z.int() })
    .nullable(),
  /** Optimizer steps done and training images seen, whatever the status. */
  progress: z.strictObject({ steps: z.int().nonnegative(), images: z.int().nonnegative() }),
  scores: z.array(scoreSchema).readonly(),
  /** How the second level of two-step samples was chosen; absent where there are none. */
  secondLevel: secondLevelSchema.exactOptional(),
  curves: z.array(scoreCurveSchema).readonly(),
  loss: z.array(lossPointSchema).readonly(),
  throughput: z.array(throughputSchema).readonly(),
  memory: z.strictObject({
    /** The plan's estimate for device (or, on a CPU, process) memory; null when none was made. */
    estimatedBytes: count.nullable(),
    peakResidentBytes: count.nullable(),
    peakDeviceBytes: count.nullable(),
  }),
  time: z.strictObject({
    /** Optimizer steps alone, device-synchronised. */
    trainSeconds: seconds,
    /** Checkpoints, sampling and scoring. */
    pauseSeconds: seconds,
    /** From start to end of the process, all resumes added: at least the other two. */
    programSeconds: seconds,
  }),
  machine: machineSchema,
  /** Processes that shared each batch; absent: one. */
  ranks: z.int().min(2).exactOptional(),
  provenance: provenanceSchema,
  /** Every random stream the cell drew from, with its 64-bit key: (seed, stream, step) names each number. */
  streams: streamsSchema,
  warnings: z.array(warningSchema).readonly(),
  files: z.array(fileSchema).readonly(),
});

export const resultSchema = resultBodySchema
  .extend({
    /** sha256 of the canonical JSON of everything above: an edited file is found out. */
    contentSha256: sha256Hex,
  })
  .superRefine((result, context) => {
    const complain = (path: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [path], message });
    if ((result.status === 'done') !== (result.failure === null)) {
      complain('failure', 'must be null exactly when the status is "done"');
    }
    if (result.seed !== result.plan.seed) complain('seed', `must be the plan's ${result.plan.seed}`);
    if (result.recipe.fingerprint !== result.plan.recipeFingerprint) complain('recipe', "must be the plan's recipe");
    const steps = result.plan.weights ? 0 : result.plan.asRun.steps;
    if (result.status === 'done' && result.progress.steps !== steps) {
      complain('progress', `must reach the planned ${steps} steps when the status is "done"`);
    }
  });

export type Result = z.infer<typeof resultSchema>;
