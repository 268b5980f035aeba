/** @file Schema of a night: what was planned, which builds ran where, and every raw value in the order taken. */
import { z } from 'zod';
import { machineSchema } from '../results/origin/machine.ts';
import { nightlyPlanSchema } from './row.ts';

export const commitSchema = z.string().regex(/^[0-9a-f]{40}$/);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const buildSchema = z.strictObject({
  commit: commitSchema,
  /** Whether files differed from the commit: such a night is stamped, and nothing is walked back to its commit. */
  dirty: z.boolean(),
});

/** What one build delivered for an exact row: the hash that is compared, and numbers that explain a change or stand in on another machine. */
export const exactValueSchema = z.strictObject({ sha256, numbers: z.record(z.string(), z.number()) });
export type ExactValue = z.infer<typeof exactValueSchema>;

/** What one build delivered for a count: the number, and the parts that it is the sum of, by name, so that growth can be named. */
export const countValueSchema = z.strictObject({ value: z.number(), parts: z.record(z.string(), z.number()) });
export type CountValue = z.infer<typeof countValueSchema>;

/** One turn of both builds, next to each other: tonight's value and the earlier build's; null where there is no earlier build. */
const pairSchema = z.strictObject({
  tonight: z.number().positive(),
  earlier: z.number().positive().nullable(),
  /** Which ran first. */
  first: z.enum(['tonight', 'earlier']),
});
export type Pair = z.infer<typeof pairSchema>;

/** What came of a row. The earlier build's value is null where there was none, or where it does not know the row in this version. */
const deliverySchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('exact'), tonight: exactValueSchema, earlier: exactValueSchema.nullable() }),
  z.strictObject({ kind: z.literal('count'), tonight: countValueSchema, earlier: countValueSchema.nullable() }),
  z.strictObject({
    kind: z.literal('paired'),
    /** The first stage, and after an alarm the second, on fresh processes. Raw, in the order taken. */
    stages: z.array(z.array(pairSchema).readonly()).min(1).max(2).readonly(),
  }),
  z.strictObject({
    kind: z.literal('quality'),
    seeds: z
      .array(z.strictObject({ seed: z.int().nonnegative(), tonight: z.number(), earlier: z.number().nullable() }))
      .readonly(),
    /** Seeds without a score tonight, and why. */
    missing: z.array(z.strictObject({ seed: z.int().nonnegative(), why: z.string().min(1) })).readonly(),
  }),
  /** Not delivered: the row is red by name. */
  z.strictObject({ kind: z.literal('missing'), why: z.string().min(1) }),
  /** Not asked for: `--only`, `--quick`, or a row of a device that is not here; named on the page, not red. */
  z.strictObject({ kind: z.literal('left-out'), why: z.string().min(1) }),
]);
export type Delivery = z.infer<typeof deliverySchema>;

const walkSchema = z.strictObject({
  row: z.string().min(1),
  /** The first commit at which the change is seen; null where it could not be narrowed to one. */
  commit: commitSchema.nullable(),
  /** Commits still possible, oldest first. */
  between: z.array(commitSchema).readonly(),
  why: z.string().min(1),
});
export type Walk = z.infer<typeof walkSchema>;

export const nightSchema = z.strictObject({
  schema: z.literal('consistency-harness/night@1'),
  /** ISO 8601, by this machine's clock. */
  begun: z.string().min(1),
  ended: z.string().min(1),
  /** The plan as registered before anything ran, and its fingerprint. */
  plan: nightlyPlanSchema,
  planSha256: sha256,
  quick: z.boolean(),
  build: buildSchema,
  /** The build that tonight's ran beside; `why` says why there was none. */
  against: z.union([
    z.strictObject({ ref: z.string().min(1), build: buildSchema }),
    z.strictObject({ ref: z.string().min(1).nullable(), why: z.string().min(1) }),
  ]),
  machine: machineSchema,
  /** Share of all processors that other processes took during the speed rows; null where the system does not tell. */
  foreignProcessorShare: z.number().min(0).max(1).nullable(),
  /** One per planned row, by id. */
  deliveries: z.record(z.string(), deliverySchema),
  /** How far each confirmed regression was walked back. */
  walks: z.array(walkSchema).readonly(),
});
export type Night = z.infer<typeof nightSchema>;
