/**
 * @file Messages between the benchmark command and its subjects: one JSON object per line.
 *
 * Each question gets one answer, over the pipes of a child process. harness/bench/peers/protocol.py is the same for the peers.
 */
import { z } from 'zod';
import { EngineError, described } from '../core/errors.ts';
import { asJson } from '../core/record.ts';
import { machineSchema } from '../results/origin/machine.ts';

const questionSchema = z.discriminatedUnion('ask', [
  /** Compute the values that all must agree on, from the common inputs. */
  z.strictObject({ ask: z.literal('check') }),
  /** Run iterations; `first` is the very first one. */
  z.strictObject({ ask: z.enum(['first', 'run']), iterations: z.int().positive() }),
  z.strictObject({ ask: z.literal('memory') }),
  /** Of the device process alone: write the common inputs; measure the peak. */
  z.strictObject({ ask: z.literal('prepare'), folder: z.string() }),
  z.strictObject({ ask: z.literal('peak') }),
  /** Of `score` alone: features of images that need no resizing; the whole way from two folders to the values. */
  z.strictObject({ ask: z.enum(['features', 'score']) }),
  /** Of the peer of `photographs` alone: make every photograph of its folder square; into a file, where one is named. */
  z.strictObject({ ask: z.literal('squares'), how: z.enum(['adm', 'edm']), file: z.string().nullable() }),
]);
export type Question = z.infer<typeof questionSchema>;

const milliseconds = z.array(z.number().positive()).min(1).readonly();

export const answers = {
  /** Said unasked, once the framework is loaded; `facts` by processes of this harness only. */
  ready: z.strictObject({
    ready: z.literal(true),
    version: z.string().min(1),
    facts: machineSchema.pick({ gpu: true, tensorflow: true, tfjs: true, threads: true }).optional(),
  }),
  check: z.strictObject({ values: z.record(z.string(), z.number()) }),
  run: z.strictObject({ milliseconds, handles: z.number().nonnegative().nullable() }),
  memory: z.strictObject({ residentBytes: z.int().positive(), deviceBytes: z.int().positive().nullable() }),
  prepared: z.strictObject({ prepared: z.literal(true) }),
  peak: z.strictObject({ flopsPerSecond: z.number().positive() }),
  features: z.strictObject({ rows: z.array(z.array(z.number()).min(1).readonly()).min(1).readonly() }),
  score: z.strictObject({
    milliseconds: z.number().positive(),
    /** Milliseconds of each part that can be told apart. */
    parts: z.record(z.string(), z.number().nonnegative()).readonly(),
    values: z.record(z.string(), z.number()).readonly(),
    /** The most memory that the process ever held. */
    residentBytes: z.int().positive(),
  }),
  /** By the clock, and of all threads of the process. */
  squares: z.strictObject({ seconds: z.number().positive(), processorSeconds: z.number().positive() }),
} as const;

export type Ready = z.infer<typeof answers.ready>;
export type Run = z.infer<typeof answers.run>;
export type ScoreRun = z.infer<typeof answers.score>;
export type SquaresRun = z.infer<typeof answers.squares>;

/**
 * The answer in a line.
 * @param who says it
 * @throws EngineError when the line is something else
 */
export function parseAnswer<T>(who: string, line: string, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(asJson(line));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new EngineError({
    where: who,
    got: line,
    expected: `an answer of the protocol (${issue!.path.join('.') || 'line'}: ${issue!.message})`,
    remedy: 'Report this line: nothing else may be written there',
  });
}

/** @throws EngineError when a line is no question */
export function parseQuestion(line: string): Question {
  const parsed = questionSchema.safeParse(asJson(line));
  if (parsed.success) return parsed.data;
  throw new EngineError({
    where: 'bench subject',
    got: described('a line that is no question'),
    expected: '{"ask": ...}',
    remedy: 'Start it through `npm run bench`',
  });
}
