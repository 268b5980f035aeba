/**
 * @file Schema of a benchmark: raw durations of every subject, in the order taken.
 *
 * All other numbers follow from them.
 */
import { exists } from '../system/files/files.ts';
import { readText } from '../system/files/input-file.ts';
import { z } from 'zod';
import { ResultError, described } from '../core/errors.ts';
import { HostRandom } from '../core/random.ts';
import { machineSchema } from './origin/machine.ts';
import { provenanceSchema } from './origin/provenance.ts';
import { devices } from '../core/device.ts';

export const benchmarkFileName = 'benchmark.json';

const count = z.int().positive();
const duration = z.number().positive();

const subjectSchema = z.strictObject({
  /** `compiled float32`, `PyTorch eager` ... */
  name: z.string().min(1),
  /** Whether it is this harness. */
  own: z.boolean(),
  /** Of the framework. */
  version: z.string().min(1),
  /** What else was chosen, such as the memory layout. */
  note: z.string().nullable(),
  /** Images of one iteration. */
  images: count,
  /** By count of multiply-adds, two per one; null where they are not counted. */
  flopPerImage: z.number().positive().nullable(),
  /** The first iteration: tracing or compiling, and the first run. */
  firstCallMilliseconds: duration,
  /** Round by round, the device-synchronised duration of each iteration, in order. */
  rounds: z.array(z.array(duration).min(1).readonly()).min(1).readonly(),
  /** Tensor handles that one iteration makes; null where the framework has none. */
  handlesPerIteration: z.number().nonnegative().nullable(),
  /** Largest resident memory of its process (VmHWM), a process that did nothing else. */
  peakResidentBytes: count,
  peakDeviceBytes: count.nullable(),
  /** What it computed from the common inputs before anything was timed; null where nothing was compared. */
  check: z.record(z.string(), z.number()).nullable(),
});
export type BenchmarkSubject = z.infer<typeof subjectSchema>;

const benchmarkSchema = z.strictObject({
  schema: z.literal('consistency-harness/benchmark@1'),
  what: z.enum(['step', 'sample', 'features']),
  /** Name of the network and batch, or of the feature extractor. */
  size: z.string().min(1),
  /** Of the network; null for features. */
  parameters: count.nullable(),
  device: z.enum(devices),
  threads: count,
  /** Rate of a convolution with its gradients, float32, measured in a turn of its own in every round, in order. */
  convolutionFlopsPerSecond: z.array(z.number().positive()).min(1).readonly(),
  /** Part of all processors that others took during the rounds; null where the system does not tell. */
  foreignProcessorShare: z.number().min(0).max(1).nullable(),
  subjects: z.array(subjectSchema).min(1).readonly(),
  /** What was asked for or usual and not measured, and why. */
  skipped: z.array(z.strictObject({ name: z.string().min(1), why: z.string().min(1) })).readonly(),
  machine: machineSchema,
  provenance: provenanceSchema,
});
export type Benchmark = z.infer<typeof benchmarkSchema>;

/** One line of a table: what follows from the raw durations of a subject. */
export interface BenchmarkRow {
  readonly name: string;
  /** Median over rounds of the mean duration of a round's iterations. */
  readonly milliseconds: number;
  readonly fastest: number;
  readonly slowest: number;
  readonly imagesPerSecond: number;
  readonly flopsPerSecond: number | null;
  /** Of the median convolution rate (float32, whatever the subject's precision). */
  readonly shareOfPeak: number | null;
  /** Its time over that of the first subject. */
  readonly ratio: number;
}

/** @returns one row per subject, in their order */
export function benchmarkRows({ subjects, convolutionFlopsPerSecond }: Benchmark): BenchmarkRow[] {
  const base = medianRound(subjects[0]!);
  const peak = median(convolutionFlopsPerSecond);
  return subjects.map((subject) => {
    const { name, images, flopPerImage } = subject;
    const means = subject.rounds.map(mean);
    const milliseconds = medianRound(subject);
    const imagesPerSecond = (1000 * images) / milliseconds;
    const flopsPerSecond = flopPerImage === null ? null : flopPerImage * imagesPerSecond;
    return {
      name,
      milliseconds,
      fastest: Math.min(...means),
      slowest: Math.max(...means),
      imagesPerSecond,
      flopsPerSecond,
      shareOfPeak: flopsPerSecond === null ? null : flopsPerSecond / peak,
      ratio: milliseconds / base,
    };
  });
}

/** The middle value, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle) - 1]!) / 2;
}

/** Fewer rounds than this say little about medians. */
const fewestRounds = 16;
const redraws = 2000;
/** The part of the redraws below the interval, and above it. */
const tail = 0.025;

/**
 * The 95 % interval of median(over) / median(under) of paired rounds, by drawing rounds with replacement, both values of a round together.
 * Source: Efron & Tibshirani, An Introduction to the Bootstrap (1993), chapter 13 (percentiles).
 * @returns null where the rounds are too few
 */
export function ratioInterval(
  over: readonly number[],
  under: readonly number[],
): { readonly low: number; readonly high: number } | null {
  if (over.length < fewestRounds) return null;
  const ratios = Float64Array.from({ length: redraws }, (_, redraw) => {
    const random = new HostRandom(0, 'bootstrap', redraw);
    const rounds = over.map(() => random.below(over.length));
    return median(rounds.map((round) => over[round]!)) / median(rounds.map((round) => under[round]!));
  }).sort();
  return { low: ratios[Math.floor(tail * redraws)]!, high: ratios[Math.ceil((1 - tail) * redraws) - 1]! };
}

/**
 * A benchmark as it was written.
 * @throws ResultError when the file is missing, no JSON or of another schema
 */
export function readBenchmark(path: string): Benchmark {
  const fail = (got: string, cause?: unknown): never => {
    throw new ResultError(
      {
        where: path,
        got: described(got),
        expected: 'a benchmark as `npm run bench` writes it',
        remedy: 'Measure again with `npm run bench -- ... --out <folder>`',
      },
      { cause },
    );
  };
  if (!exists(path)) return fail('no file');
  let value: unknown;
  try {
    value = JSON.parse(readText(path));
  } catch (thrown) {
    return fail('text that is not JSON', thrown);
  }
  const parsed = benchmarkSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  return fail(`${issue!.path.join('.') || 'a value'}: ${issue!.message}`);
}

function medianRound({ rounds }: BenchmarkSubject): number {
  return median(rounds.map(mean));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
