/**
 * @file Answer of a measured process of the nightly command: one JSON line with every row of its group.
 *
 * An earlier build answers for the rows that its own plan knows, with their versions; a row of another version is another row.
 */
import { z } from 'zod';
import { oneLine } from '../../core/errors.ts';
import { asJson } from '../../core/record.ts';
import { machineSchema } from '../../results/origin/machine.ts';
import { countValueSchema, exactValueSchema } from '../night.ts';

/** Raised when an answer can no longer be read by the build before; builds of different protocols are not compared. */
export const probeProtocol = 1;

const valueSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('exact'), ...exactValueSchema.shape }),
  z.strictObject({ kind: z.literal('count'), ...countValueSchema.shape }),
  /** Of speed and memory: the median of the iterations of this process. */
  z.strictObject({ kind: z.literal('paired'), value: z.number().positive() }),
  /** Of the seed that was asked for. */
  z.strictObject({ kind: z.literal('quality'), score: z.number() }),
  /** The row alone could not be measured; the others of its group could. */
  z.strictObject({ kind: z.literal('failed'), why: z.string().min(1) }),
]);
export type ProbeValue = z.infer<typeof valueSchema>;

const answerSchema = z.strictObject({
  protocol: z.literal(probeProtocol),
  machine: machineSchema,
  /** By id of the row; rows that the build does not know are absent. */
  rows: z.record(z.string(), z.strictObject({ version: z.int().positive(), value: valueSchema })),
});
export type ProbeAnswer = z.infer<typeof answerSchema>;

/** Marks the line of the answer among everything else that a process prints. */
const mark = 'nightly-answer ';

export function answerLine(answer: ProbeAnswer): string {
  return `${mark}${JSON.stringify(answer)}`;
}

/** The answer in what a process printed, or why there is none. */
export function answerIn(output: string): ProbeAnswer | { readonly why: string } {
  const line = output.split('\n').findLast((one) => one.startsWith(mark));
  if (line === undefined) return { why: 'it gave no answer' };
  const parsed = answerSchema.safeParse(asJson(line.slice(mark.length)));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const place = issue!.path.map(String).join('.') || 'answer';
  return { why: oneLine(`its answer is of another protocol (${place}: ${issue!.message})`) };
}
