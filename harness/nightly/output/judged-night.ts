/** @file Schema of a judged night: the record and its verdict, as other programs read it. */
import { z } from 'zod';
import { nightSchema, type Night } from '../night.ts';
import { rowVerdicts, type NightVerdict, type RowVerdictKind } from '../verdict.ts';

const interval = z.strictObject({ low: z.number(), high: z.number(), confidence: z.number().positive().max(1) });

const verdictSchema = z.strictObject({
  red: z.boolean(),
  headline: z.string().min(1),
  rows: z
    .array(
      z.strictObject({
        id: z.string().min(1),
        verdict: z.enum(Object.keys(rowVerdicts) as [RowVerdictKind, ...RowVerdictKind[]]),
        why: z.string().min(1),
        change: z.strictObject({ estimate: z.number(), interval }).nullable(),
        couldHaveSeen: z.number().nonnegative().nullable(),
        since: z.string().nullable(),
      }),
    )
    .readonly(),
}) satisfies z.ZodType<NightVerdict>;

export const judgedNightSchema = z.strictObject({
  schema: z.literal('consistency-harness/judged-night@1'),
  verdict: verdictSchema,
  night: nightSchema,
});

/** JSON with a final newline; the same night gives the same bytes. */
export function judgedNightJson(night: Night, verdict: NightVerdict): string {
  const judged: z.infer<typeof judgedNightSchema> = {
    schema: 'consistency-harness/judged-night@1',
    verdict,
    night,
  };
  return `${JSON.stringify(judged, null, 2)}\n`;
}

/** The schema for other programs: JSON Schema, draft 2020-12, as published in `harness/nightly/night.schema.json`. */
export function publishedSchema(): object {
  return z.toJSONSchema(judgedNightSchema);
}
