/** @file Formats a benchmark of scoring as lines for a terminal and as a section of RESULTS.md. */
import { formatBytes, formatCount, formatDuration, significant } from '../../core/units.ts';
import { fewestRounds } from '../../results/benchmark/rounds.ts';
import {
  comparedMetrics,
  inputWays,
  scoreRows,
  type ComparedMetric,
  type ScoreBenchmark,
} from '../../results/benchmark/score-benchmark.ts';
import { codeText, idleness, markdownTable } from './benchmark.ts';

const partColumns = ['load', 'decode', 'resize', 'network', 'statistics'] as const;
const heads = ['', 'time', 'least', 'ratio', 'images/s', 'peak', ...partColumns.map((part) => `${part}, s`)];
const metricColumns = Object.keys(comparedMetrics) as ComparedMetric[];

/** For a person at a terminal: times, then values by their way to 299 pixels, then what must be known beside them. */
export function scoreLines(benchmark: ScoreBenchmark): string[] {
  const tables = [[heads, ...timeCells(benchmark)], ...valueTables(benchmark)];
  return [titleOf(benchmark), '', ...tables.flatMap((rows) => [...rows.map(line), '']), ...remarks(benchmark)];
}

function line([head, ...cells]: readonly string[]): string {
  return `${head!.padEnd(52)}${cells.map((cell) => cell.padStart(15)).join('')}`.trimEnd();
}

/** The section of RESULTS.md. @param folder of the result, from the root */
export function scoreSection(benchmark: ScoreBenchmark, folder: string): string {
  const { machine, provenance } = benchmark;
  const [own] = scoreRows(benchmark);
  return [
    `### Speed of scoring: ${titleOf(benchmark)}`,
    ...[[heads, ...timeCells(benchmark)], ...valueTables(benchmark)].map(([head, ...rows]) =>
      markdownTable(head!, rows),
    ),
    [`Ratio: the time over that of ${own!.name}`, ...remarks(benchmark)].map((text) => `- ${text}.`).join('\n'),
    `${machine.cpuModel}, ${machine.os}, ${codeText(provenance)}; every duration: [score.json](${folder}/score.json). Measured again by \`${provenance.commands[0]?.line ?? 'npm run bench -- score'}\`.`,
  ].join('\n\n');
}

function titleOf({ images, references, side, weights, threads }: ScoreBenchmark): string {
  const features = weights === 'random' ? 'random weights: no value is a FID' : `weights of ${weights}`;
  return `${formatCount(images)} images of ${side} x ${side} against ${formatCount(references)}, 2015 Inception network with ${features}; ${threads} threads`;
}

function timeCells(benchmark: ScoreBenchmark): string[][] {
  return scoreRows(benchmark).map(({ name, ...row }) => [
    name,
    formatDuration(row.seconds),
    formatDuration(row.leastSeconds),
    significant(row.ratio, 3),
    significant(row.imagesPerSecond, 3),
    formatBytes(row.peakResidentBytes),
    ...partColumns.map((part) => (row.parts[part] === undefined ? '-' : significant(row.parts[part], 3))),
  ]);
}

/** A table for each way to 299 pixels, in the order in which the subjects bring them. */
function valueTables({ subjects }: ScoreBenchmark): string[][][] {
  const ways = [...new Set(subjects.map(({ way }) => way))];
  return ways.map((way) => [
    [inputWays[way], ...metricColumns],
    ...subjects
      .filter((one) => one.way === way)
      .map(({ name, runs }) => {
        const { values } = runs.at(-1)!;
        return [
          name,
          ...metricColumns.map((metric) => (values[metric] === undefined ? '-' : significant(values[metric], 7))),
        ];
      }),
  ]);
}

/** Sentences without their full stop. */
function remarks(benchmark: ScoreBenchmark): string[] {
  const { subjects, skipped } = benchmark;
  const [own, ...others] = scoreRows(benchmark);
  const rounds = subjects[0]!.runs.length;
  const intervals = others.flatMap(({ name, interval }) =>
    interval === null
      ? []
      : [`${name} takes ${significant(interval.low, 3)} to ${significant(interval.high, 3)} x the time (95 %)`],
  );
  const few = `${rounds} ${rounds === 1 ? 'round gives' : 'rounds give'} no interval (${fewestRounds} do)`;
  return [
    ...(rounds < fewestRounds && others.length > 0 ? [few] : intervals),
    ...[own!, ...others]
      .filter(({ furtherSeconds }) => furtherSeconds > 0)
      .map(
        ({ name, furtherSeconds }) =>
          `${name} measures further metrics in ${significant(furtherSeconds, 3)} s more, which are not counted above`,
      ),
    ...subjects.map(({ name, version }) => `${name}: ${version}`),
    ...skipped.map(({ name, why }) => `not measured: ${name}: ${why}`),
    ...idleness(benchmark),
  ];
}
