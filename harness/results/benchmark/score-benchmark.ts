/**
 * @file Schema of a benchmark of scoring: what every tool took and computed, run by run.
 *
 * All other numbers follow from them.
 */
import { z } from 'zod';
import { devices } from '../../core/device.ts';
import type { MetricFamily } from '../../score/metric.ts';
import { machineSchema } from '../origin/machine.ts';
import { provenanceSchema } from '../origin/provenance.ts';
import { median, ratioInterval, type Interval } from './rounds.ts';
import { readWritten, skippedSchema } from './written.ts';

export const scoreFileName = 'score.json';

/** The values that are compared, with the families of this harness that they are. */
export const comparedMetrics = {
  frechet: 'fid',
  kid: 'kid',
  precision: 'precision',
  recall: 'recall',
} as const satisfies Readonly<Record<string, MetricFamily>>;
export type ComparedMetric = keyof typeof comparedMetrics;

/** The ways from small images to the network's 299 pixels: each makes features, and so values, of its own. */
export const inputWays = {
  tensorflow: 'bilinear as in TensorFlow 1, (x - 128) / 128',
  'half-pixel': 'bilinear with half-pixel centres, 2 x / 255 - 1',
  bicubic: 'bicubic by Pillow, (x - 128) / 128',
} as const;
export type InputWay = keyof typeof inputWays;

/** Part of the time that this harness takes for metrics which the others do not have. */
const further = 'furtherMetrics';

const count = z.int().positive();
const milliseconds = z.number().nonnegative();
const metrics = z.partialRecord(z.enum(Object.keys(comparedMetrics) as ComparedMetric[]), z.number());

const runSchema = z.strictObject({
  /** From paths to values, `furtherMetrics` included. */
  milliseconds,
  parts: z.record(z.string(), milliseconds),
  values: metrics,
  residentBytes: count,
  /** Until the process could be asked. */
  startMilliseconds: milliseconds,
});

const subjectSchema = z.strictObject({
  id: z.string().min(1),
  name: z.string().min(1),
  /** Whether it is this harness. */
  own: z.boolean(),
  version: z.string().min(1),
  way: z.enum(Object.keys(inputWays) as InputWay[]),
  /** What it computed of the first few images, before anything was timed. */
  compared: metrics,
  /** Round by round, each a process of its own. */
  runs: z.array(runSchema).min(1).readonly(),
});
export type ScoredSubject = z.infer<typeof subjectSchema>;

const scoreBenchmarkSchema = z.strictObject({
  schema: z.literal('consistency-harness/score-benchmark@1'),
  /** Images that are scored, and those that they are scored against. */
  images: count,
  references: count,
  side: count,
  /** `random`, or the name of the graph's file. */
  weights: z.string().min(1),
  device: z.enum(devices),
  threads: count,
  batchImages: count,
  kid: z.strictObject({ subsets: count, subsetSize: count, seed: z.int() }),
  bounds: z.record(z.string(), z.number()),
  /** Images of each set in the comparison before anything was timed. */
  comparedImages: count,
  /** What this harness computed of those in pytorch-fid's way; null where it was not asked. */
  ownHalfPixel: metrics.nullable(),
  /** Part of all processors that others took during the rounds; null where the system does not tell. */
  foreignProcessorShare: z.number().min(0).max(1).nullable(),
  subjects: z.array(subjectSchema).min(1).readonly(),
  skipped: skippedSchema,
  machine: machineSchema,
  provenance: provenanceSchema,
});
export type ScoreBenchmark = z.infer<typeof scoreBenchmarkSchema>;

/** A benchmark of scoring as it was written. @throws ResultError when the file is missing, no JSON or of another schema */
export function readScoreBenchmark(path: string): ScoreBenchmark {
  return readWritten(path, scoreBenchmarkSchema);
}

/** One line of the table. */
export interface ScoreRow {
  readonly name: string;
  /** From paths to the four values or those of them that there are, without what this harness measures besides: the median, and the least. */
  readonly seconds: number;
  readonly leastSeconds: number;
  readonly imagesPerSecond: number;
  readonly peakResidentBytes: number;
  /** Median seconds of each part. */
  readonly parts: Readonly<Record<string, number>>;
  /** Time over that of the first subject. */
  readonly ratio: number;
  /** Of `ratio`; null for the first subject, and where the rounds are too few. */
  readonly interval: Interval | null;
  /** Median seconds of the metrics that are not counted; 0 where there are none. */
  readonly furtherSeconds: number;
}

/** @returns one row per subject, in their order */
export function scoreRows({ subjects, images, references }: ScoreBenchmark): ScoreRow[] {
  const base = secondsOf(subjects[0]!);
  return subjects.map((subject, i) => {
    const { name, runs } = subject;
    const seconds = secondsOf(subject);
    const names = [...new Set(runs.flatMap(({ parts }) => Object.keys(parts)))].filter((part) => part !== further);
    const medianOf = (part: string): number => median(runs.map(({ parts }) => parts[part] ?? 0)) / 1000;
    return {
      name,
      seconds: median(seconds),
      leastSeconds: Math.min(...seconds),
      imagesPerSecond: (images + references) / median(seconds),
      peakResidentBytes: Math.max(...runs.map(({ residentBytes }) => residentBytes)),
      parts: Object.fromEntries(names.map((part) => [part, medianOf(part)])),
      ratio: median(seconds) / median(base),
      interval: i === 0 ? null : ratioInterval(seconds, base),
      furtherSeconds: medianOf(further),
    };
  });
}

/** What counts of each run. */
function secondsOf({ runs }: ScoredSubject): number[] {
  return runs.map((run) => (run.milliseconds - (run.parts[further] ?? 0)) / 1000);
}
