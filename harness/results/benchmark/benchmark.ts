/**
 * @file Schema of a benchmark: raw durations of every subject, in the order taken.
 *
 * All other numbers follow from them.
 */
import { z } from 'zod';
import { machineSchema } from '../origin/machine.ts';
import { provenanceSchema } from '../origin/provenance.ts';
import { devices } from '../../core/device.ts';
import { median, ratioInterval, type Interval } from './rounds.ts';
import { readWritten, skippedSchema } from './written.ts';

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
  /** The first call compiled in an earlier benchmark, whose time it is; what it compiled was kept. Absent: it compiled in this one. */
  compiledEarlier: z.literal(true).exactOptional(),
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
  skipped: skippedSchema,
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
  /** The same of the fastest rounds. */
  readonly ratioOfFastest: number;
  /** Of `ratio`; null for the first subject, and where the rounds are too few. */
  readonly interval: Interval | null;
  /** Whether the first subject takes less time or more, by the interval; null where there is none. */
  readonly first: 'ahead' | 'behind' | 'undecided' | null;
}

/** @returns one row per subject, in their order */
export function benchmarkRows({ subjects, convolutionFlopsPerSecond }: Benchmark): BenchmarkRow[] {
  const base = roundsOf(subjects[0]!);
  const peak = median(convolutionFlopsPerSecond);
  return subjects.map((subject, i) => {
    const { name, images, flopPerImage } = subject;
    const means = roundsOf(subject);
    const milliseconds = median(means);
    const interval = i === 0 ? null : ratioInterval(means, base);
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
      ratio: milliseconds / median(base),
      ratioOfFastest: Math.min(...means) / Math.min(...base),
      interval,
      first: interval && standing(interval),
    };
  });
}

function standing({ low, high }: Interval): 'ahead' | 'behind' | 'undecided' {
  if (low > 1) return 'ahead';
  return high < 1 ? 'behind' : 'undecided';
}

/** A benchmark as it was written. @throws ResultError when the file is missing, no JSON or of another schema */
export function readBenchmark(path: string): Benchmark {
  return readWritten(path, benchmarkSchema);
}

/** The mean duration of an iteration, round by round. */
function roundsOf({ rounds }: BenchmarkSubject): number[] {
  return rounds.map(mean);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
