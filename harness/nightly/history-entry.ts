/** @file Schema of an entry of the history: a night, something accepted, or a calibration. */
import { z } from 'zod';
import { commitSchema as commit, countValueSchema, exactValueSchema, nightSchema } from './night.ts';
import type { Calibration } from './statistics/calibrate.ts';

const at = z.string().min(1);
const proportion = z.strictObject({
  count: z.int().nonnegative(),
  of: z.int().positive(),
  rate: z.number().min(0).max(1),
  interval: z.strictObject({ low: z.number(), high: z.number(), confidence: z.number() }),
});

const acceptedValueSchema = z.discriminatedUnion('kind', [
  exactValueSchema.extend({ kind: z.literal('exact') }),
  countValueSchema.extend({ kind: z.literal('count') }),
  /** A change against one earlier build, relative: as large a one against the same build is not red again. */
  z.strictObject({ kind: z.literal('change'), estimate: z.number(), against: commit.nullable() }),
  /** The row is no longer planned. */
  z.strictObject({ kind: z.literal('removed') }),
]);
export type AcceptedValue = z.infer<typeof acceptedValueSchema>;

const acceptanceSchema = z.strictObject({
  kind: z.literal('acceptance'),
  at,
  row: z.string().min(1),
  version: z.int().positive(),
  value: acceptedValueSchema,
  why: z.string().min(1),
  /** Of the night whose value was accepted. */
  commit,
});
export type Acceptance = z.infer<typeof acceptanceSchema>;

const calibrationSchema = z.strictObject({
  seed: z.int().nonnegative(),
  nights: z.int().positive(),
  firstStage: proportion,
  confirmed: proportion,
  falseAlarms: proportion,
  rows: z
    .array(
      z.strictObject({
        id: z.string().min(1),
        version: z.int().positive(),
        sittings: z.int().positive(),
        pairs: z.int().positive(),
        noise: z.number().nonnegative(),
        offset: z.number().nonnegative(),
        falseAlarms: proportion,
        floor: z.number().nonnegative().exactOptional(),
        smallestFound: z.number().nullable(),
        found: proportion.nullable(),
      }),
    )
    .readonly(),
}) satisfies z.ZodType<Calibration>;

export const historyEntrySchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('night'),
    at,
    red: z.boolean(),
    headline: z.string().min(1),
    night: nightSchema,
  }),
  acceptanceSchema,
  z.strictObject({ kind: z.literal('calibration'), at, calibration: calibrationSchema }),
]);
export type HistoryEntry = z.infer<typeof historyEntrySchema>;

export interface NightHistory {
  /** Of this machine and its versions, in the order written, without the night that is judged. */
  readonly entries: readonly HistoryEntry[];
  /** Of other machines or versions, in the order of time: numbers of exact rows are compared with these where this machine has none. */
  readonly elsewhere: readonly HistoryEntry[];
}
