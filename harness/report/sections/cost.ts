/** @file Measured cost of a run: images per second, memory and time, as medians over seeds with ranges. */
import * as Plot from '@observablehq/plot';
import { formatBytes, formatDuration } from '../../core/units.ts';
import type { Throughput } from '../../results/throughput.ts';
import { resultsOf, type RecipeContext, type ReportContext } from './context.ts';
import { parameterText, samplerText, scoreText } from '../words/numbers.ts';
import { chartSvg } from '../page/plot.ts';

export interface ThroughputRow {
  readonly recipe: string;
  readonly series: number;
  readonly what: string;
  readonly batch: string;
  readonly imagesPerSecond: string;
  readonly range: string;
  readonly milliseconds: string;
  readonly iterations: string;
  readonly warmup: string;
  /** Share of a training step in which the device waits for its input; empty for sampling. */
  readonly waits: string;
}

/** A median over seeds with its range, as texts. */
interface Spread {
  readonly median: string;
  readonly range: string | null;
}

export interface ResourceRow {
  readonly recipe: string;
  readonly series: number;
  /** Memory: the plan's estimate, peak of the process, peak on the device; then training, pauses, whole program. */
  readonly cells: readonly Spread[];
}

export function throughputRows(context: ReportContext): ThroughputRow[] {
  return context.recipes.flatMap((recipe) => {
    const all = resultsOf(context, recipe.id).flatMap(({ throughput }) => throughput);
    const kinds = [...new Set(all.map(kindOf))];
    return kinds.map((kind) =>
      rowOf(
        recipe,
        all.filter((measured) => kindOf(measured) === kind),
      ),
    );
  });
}

/** How the durations were taken, each way once. */
export function throughputMethods(context: ReportContext): string[] {
  const all = context.recipes.flatMap(({ id }) => resultsOf(context, id).flatMap(({ throughput }) => throughput));
  return [...new Set(all.map(({ method }) => method))];
}

export function resourceRows(context: ReportContext): ResourceRow[] {
  return context.recipes.flatMap((recipe) => {
    const results = resultsOf(context, recipe.id);
    if (results.length === 0) return [];
    const bytes = (read: (result: (typeof results)[number]) => number | null): Spread =>
      spread(
        results.flatMap((result) => read(result) ?? []),
        formatBytes,
      );
    const seconds = (read: (result: (typeof results)[number]) => number): Spread =>
      spread(results.map(read), formatDuration);
    return [
      {
        recipe: recipe.label,
        series: recipe.series,
        cells: [
          bytes(({ memory }) => memory.estimatedBytes),
          bytes(({ memory }) => memory.peakResidentBytes),
          bytes(({ memory }) => memory.peakDeviceBytes),
          seconds(({ time }) => time.trainSeconds),
          seconds(({ time }) => time.pauseSeconds),
          seconds(({ time }) => time.programSeconds),
        ],
      },
    ];
  });
}

/** Duration of each timed training iteration in the order taken: a slope would be a machine that slows down. */
export function throughputChart(context: ReportContext): string | null {
  const points = context.recipes.flatMap((recipe) =>
    resultsOf(context, recipe.id).flatMap(({ seed, throughput }) =>
      throughput
        .filter(({ what }) => what === 'train')
        .flatMap(({ iterationMilliseconds }) =>
          iterationMilliseconds.map((milliseconds, i) => ({ recipe, seed, iteration: i + 1, milliseconds })),
        ),
    ),
  );
  if (points.length === 0) return null;
  const largest = Math.max(...points.map(({ milliseconds }) => milliseconds));
  return chartSvg(
    {
      width: 900,
      height: 170,
      marginLeft: 48,
      marginRight: 16,
      marginTop: 22,
      marginBottom: 34,
      x: { label: 'timed iteration, in order' },
      y: { label: 'ms per training iteration', domain: [0, largest * 1.05] },
      marks: [
        Plot.gridY({ stroke: 'var(--rule)', strokeOpacity: 1, ticks: 4 }),
        Plot.axisY({ tickSize: 0, ticks: 4, labelArrow: 'none' }),
        Plot.axisX({ tickSize: 3, ticks: 8, labelArrow: 'none' }),
        ...context.recipes.map(({ id, colour }) =>
          Plot.line(
            points.filter(({ recipe }) => recipe.id === id),
            { x: 'iteration', y: 'milliseconds', z: 'seed', stroke: colour, strokeWidth: 1, strokeOpacity: 0.8 },
          ),
        ),
      ],
    },
    {
      title: 'Milliseconds per training iteration in the order taken',
      description: context.recipes
        .map(({ id, label }) => {
          const own = points.filter(({ recipe }) => recipe.id === id).map(({ milliseconds }) => milliseconds);
          return own.length > 0 ? `${label}: median ${scoreText(median(own))}` : `${label}: not measured`;
        })
        .join('; '),
    },
  );
}

function rowOf(recipe: RecipeContext, measured: readonly Throughput[]): ThroughputRow {
  const rates = measured.map(({ imagesPerSecond }) => imagesPerSecond);
  const durations = measured.flatMap(({ iterationMilliseconds }) => iterationMilliseconds);
  const first = measured[0]!;
  const count = (read: (one: Throughput) => number): string =>
    [...new Set(measured.map(read))].map(parameterText).join(', ');
  return {
    recipe: recipe.label,
    series: recipe.series,
    what: first.what === 'train' ? 'training' : `sampling, ${samplerText(first.nfe!)}`,
    batch: count(({ batchImages }) => batchImages),
    imagesPerSecond: scoreText(median(rates)),
    range: rates.length > 1 ? `${scoreText(Math.min(...rates))} to ${scoreText(Math.max(...rates))}` : 'one seed',
    milliseconds: scoreText(median(durations)),
    iterations: `${count(({ iterationMilliseconds }) => iterationMilliseconds.length)} \u00d7 ${measured.length}`,
    warmup: formatDuration(median(measured.map(({ warmup }) => warmup.milliseconds / 1000))),
    waits: first.what === 'train' ? waitsText(measured.flatMap(({ waitingShare }) => waitingShare ?? [])) : '',
  };
}

function waitsText(shares: readonly number[]): string {
  return shares.length === 0 ? 'not measured' : `${(100 * median(shares)).toFixed(1)} %`;
}

function kindOf({ what, nfe }: Throughput): string {
  return `${what}/${nfe ?? 0}`;
}

/** The middle value; the mean of the two middle ones for an even count. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Median, and the range where its ends read differently. */
function spread(values: readonly number[], write: (value: number) => string): Spread {
  if (values.length === 0) return { median: 'not measured', range: null };
  const [low, middle, high] = [Math.min(...values), median(values), Math.max(...values)].map(write);
  return { median: middle!, range: low === high ? null : `${low!} to ${high!}` };
}
