/** @file Rows of a nightly plan: what is measured each night, how it is judged, and what it may cost. */
import { z } from 'zod';

const shared = {
  /** Name in plan, history, page and `--only`: lower case, digits, hyphens. */
  id: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/),
  /** Raised when the row measures something else: older values are then no history of it. */
  version: z.int().positive(),
  /** One line: what is measured. */
  title: z.string().min(1),
  /** Measured in one process, one after another. */
  group: z.string().min(1),
  /** Taken by `--quick`. */
  quick: z.boolean(),
  /** Seconds that the row may take in a night, both builds. */
  budgetSeconds: z.number().positive(),
  /** Where the row needs one; nothing is measured on another device. */
  device: z.enum(['any', 'gpu']),
};

/**
 * How a row is judged.
 *
 * `exact`: a hash that must equal the last accepted one. `count`: a whole number, tolerance 0. `speed` and `memory`: paired with an earlier
 * build in the same hour. `quality`: scores of trained cells, paired by seed with those of the earlier build.
 */
const rowSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    ...shared,
    kind: z.literal('exact'),
    unit: z.literal('sha256'),
    better: z.literal('equal'),
    /** On another machine or version hashes differ by rounding: the row's numbers are then compared within this, relative. */
    tolerance: z.number().nonnegative(),
  }),
  z.strictObject({ ...shared, kind: z.literal('count'), unit: z.string().min(1), better: z.enum(['lower', 'higher']) }),
  z.strictObject({
    ...shared,
    kind: z.literal('quality'),
    unit: z.string().min(1),
    better: z.enum(['lower', 'higher']),
    /** Relative change for the worse that counts. */
    margin: z.number().positive(),
    seeds: z.array(z.int().nonnegative()).min(2).readonly(),
  }),
  z.strictObject({
    ...shared,
    kind: z.enum(['speed', 'memory']),
    unit: z.enum(['ms', 'bytes']),
    better: z.literal('lower'),
    /** Relative change that is worth an alarm: a confirmed smaller one is reported as `same`. */
    margin: z.number().positive(),
  }),
]);
export type NightlyRow = z.infer<typeof rowSchema>;
export type PairedRow = Extract<NightlyRow, { kind: 'speed' | 'memory' }>;

/** The error rates that the gate promises; data of the plan, hashed with it. */
const gateSchema = z
  .strictObject({
    /** One-sided, of the signed-rank test on the first pairs of a row. */
    alphaFirst: z.number().positive().max(0.5),
    /** One-sided, of the same test on fresh processes, after an alarm. */
    alphaConfirm: z.number().positive().max(0.5),
    /** Of the stated interval of a ratio. */
    confidence: z.number().positive().max(1),
    /** Pairs of a stage: at least and at most. */
    fewestPairs: z.int().min(5),
    mostPairs: z.int().min(5),
    /** Pairs end when the interval of the ratio is no wider than this share of the row's margin on either side. */
    narrowEnough: z.number().positive(),
    /** Of orders, resampling and permutations. */
    seed: z.int().nonnegative(),
  })
  .refine(({ fewestPairs, mostPairs }) => mostPairs >= fewestPairs, { path: ['mostPairs'], error: 'below fewestPairs' })
  .refine(({ fewestPairs, alphaFirst, alphaConfirm }) => 2 ** -fewestPairs <= Math.min(alphaFirst, alphaConfirm), {
    path: ['fewestPairs'],
    error: 'so few that no outcome is as rare as alpha: n pairs reach 2^-n at best',
  });
export type Gate = z.infer<typeof gateSchema>;

export const nightlyPlanSchema = z.strictObject({
  schema: z.literal('consistency-harness/nightly-plan@1'),
  gate: gateSchema,
  rows: z.array(rowSchema).min(1).readonly(),
});
export type NightlyPlan = z.infer<typeof nightlyPlanSchema>;
