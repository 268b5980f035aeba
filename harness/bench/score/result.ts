/** @file A benchmark of scoring as it is kept, and the rows of its table. */
import { formatBytes, formatCount, formatDuration, significant } from '../../core/units.ts';
import type { Device } from '../../core/device.ts';
import { median } from '../../results/benchmark.ts';
import type { Machine } from '../../results/origin/machine.ts';
import type { Provenance } from '../../results/origin/provenance.ts';
import type { ScoreRun } from '../protocol.ts';
import { inputWays, type ComparedMetric, type InputWay } from './subjects.ts';

export const scoreFileName = 'score.json';

export interface ScoreBenchmark {
  readonly schema: 'consistency-harness/score-benchmark@1';
  /** Images that are scored, and those that they are scored against. */
  readonly images: number;
  readonly references: number;
  readonly side: number;
  /** `random`, or the name of the graph's file. */
  readonly weights: string;
  readonly device: Device;
  readonly threads: number;
  readonly batchImages: number;
  readonly kid: { readonly subsets: number; readonly subsetSize: number; readonly seed: number };
  readonly bounds: Readonly<Record<string, number>>;
  /** Images of each set in the comparison before anything was timed. */
  readonly comparedImages: number;
  /** What this harness computed of those in pytorch-fid's way; null where it was not asked. */
  readonly ownHalfPixel: Readonly<Partial<Record<ComparedMetric, number>>> | null;
  /** Part of all processors that others took during the rounds; null where the system does not tell. */
  readonly foreignProcessorShare: number | null;
  readonly subjects: readonly ScoredSubject[];
  readonly skipped: readonly { readonly name: string; readonly why: string }[];
  readonly machine: Machine;
  readonly provenance: Provenance;
}

export interface ScoredSubject {
  readonly id: string;
  readonly name: string;
  readonly own: boolean;
  readonly version: string;
  readonly way: InputWay;
  /** What it computed of the first few images, before anything was timed. */
  readonly compared: Readonly<Partial<Record<ComparedMetric, number>>>;
  /** Round by round, each a process of its own; `startMilliseconds` until it could be asked. */
  readonly runs: readonly (ScoreRun & { readonly startMilliseconds: number })[];
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
}

const further = 'furtherMetrics';

/** @returns one row per subject, in their order */
export function scoreRows({ subjects, images, references }: ScoreBenchmark): ScoreRow[] {
  const rows = subjects.map(({ name, runs }) => {
    const seconds = runs.map(({ milliseconds, parts }) => (milliseconds - (parts[further] ?? 0)) / 1000);
    const names = [...new Set(runs.flatMap(({ parts }) => Object.keys(parts)))];
    const parts = names.map((part) => [part, median(runs.map((run) => run.parts[part] ?? 0)) / 1000] as const);
    return {
      name,
      seconds: median(seconds),
      leastSeconds: Math.min(...seconds),
      imagesPerSecond: (images + references) / median(seconds),
      peakResidentBytes: Math.max(...runs.map(({ residentBytes }) => residentBytes)),
      parts: Object.fromEntries(parts),
    };
  });
  return rows.map((row) => ({ ...row, ratio: row.seconds / rows[0]!.seconds }));
}

const timeColumns = ['time', 'least', 'ratio', 'images/s', 'peak'] as const;
const partColumns = ['load', 'decode', 'resize', 'network', 'statistics'] as const;
const metricColumns: readonly ComparedMetric[] = ['frechet', 'kid', 'precision', 'recall'];

export function scoreLines(benchmark: ScoreBenchmark): string[] {
  const { images, references, side, weights, threads, subjects, skipped, foreignProcessorShare } = benchmark;
  const features = weights === 'random' ? 'random weights: no value is a FID' : `weights of ${weights}`;
  const rows = scoreRows(benchmark);
  const seconds = (value: number | undefined): string => (value === undefined ? '-' : significant(value, 3));
  const lines = [
    `${formatCount(images)} images of ${side} x ${side} against ${formatCount(references)}, 2015 Inception network with ${features}; ${threads} threads`,
    '',
    line('', [...timeColumns, ...partColumns.map((part) => `${part}, s`)]),
    ...rows.map(({ name, ...row }) =>
      line(name, [
        formatDuration(row.seconds),
        formatDuration(row.leastSeconds),
        significant(row.ratio, 3),
        significant(row.imagesPerSecond, 3),
        formatBytes(row.peakResidentBytes),
        ...partColumns.map((part) => seconds(row.parts[part])),
      ]),
    ),
    '',
  ];
  for (const way of new Set(subjects.map((subject) => subject.way))) {
    lines.push(line(inputWays[way], metricColumns));
    for (const subject of subjects.filter((one) => one.way === way)) {
      const { values } = subject.runs.at(-1)!;
      lines.push(
        line(
          subject.name,
          metricColumns.map((metric) => (values[metric] === undefined ? '-' : significant(values[metric], 7))),
        ),
      );
    }
    lines.push('');
  }
  const beside = rows.filter(({ parts }) => (parts[further] ?? 0) > 0);
  for (const { name, parts } of beside)
    lines.push(`${name} measures further metrics in ${seconds(parts[further])} s more, which are not counted above`);
  for (const { name, version } of subjects) lines.push(`${name}: ${version}`);
  for (const { name, why } of skipped) lines.push(`${name} is left out: ${why}`);
  if (foreignProcessorShare !== null)
    lines.push(`others took ${significant(100 * foreignProcessorShare, 2)} % of the processors`);
  return lines;
}

function line(head: string, cells: readonly string[]): string {
  return `${head.padEnd(52)}${cells.map((cell) => cell.padStart(15)).join('')}`.trimEnd();
}
