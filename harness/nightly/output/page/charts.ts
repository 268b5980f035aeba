/** @file Charts of a night: the raw pairs of a row in the order taken, and its numbers over the nights. */
import * as Plot from '@observablehq/plot';
import { chartSvg } from '../../../report/page/plot.ts';
import type { Delivery, Night } from '../../night.ts';
import type { NightlyRow } from '../../row.ts';
import type { RowVerdict } from '../../verdict.ts';
import { numberOf } from '../../past-of.ts';
import type { ChangePoint, Past } from '../past.ts';
import { changeText, changeWithInterval, dayText, valueText } from '../words.ts';

/** A chart with the same numbers as a table. */
export interface Figure {
  readonly title: string;
  readonly caption: string;
  readonly chart: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

interface RatioPoint {
  readonly name: string;
  readonly at: number;
  readonly stage: number;
  /** tonight / earlier - 1. */
  readonly change: number;
  readonly tonight: number;
  readonly earlier: number;
}

/** Ratios of all pairs, or of all seeds; null where nothing was paired. */
export function ratioFigure(row: NightlyRow, delivery: Delivery, verdict: RowVerdict): Figure | null {
  const points = ratiosOf(delivery);
  if (points.length === 0) return null;
  const bySeed = delivery.kind === 'quality';
  const margin = row.kind === 'exact' || row.kind === 'count' ? null : row.margin;
  const percent = (value: number): number => 100 * value;
  const border = points.find(({ stage }) => stage === 1);
  const { change } = verdict;
  return {
    title: row.id,
    caption: `Tonight over the earlier build, ${bySeed ? 'seed by seed' : 'pair by pair in the order taken'}. Dashed: the margin of ${changeText(margin ?? 0).slice(1)} on either side.${change ? ' Band: the interval.' : ''}${border ? ' After the upright line: the second stage, on fresh processes.' : ''}`,
    chart: chartSvg(
      {
        width: 460,
        height: 170,
        marginLeft: 52,
        marginRight: 10,
        marginTop: 22,
        marginBottom: 28,
        x: {
          label: bySeed ? 'seed' : 'pair',
          ticks: bySeed ? points.map(({ at }) => at) : 6,
          tickFormat: bySeed ? (at: number) => points[at - 1]?.name ?? '' : 'd',
          domain: [0, points.length + 1],
        },
        y: { label: 'change, %', ticks: 4, nice: true },
        marks: [
          ...(change
            ? [
                Plot.rectY([change.interval], {
                  x1: 0,
                  x2: points.length + 1,
                  y1: ({ low }: { readonly low: number }) => percent(low),
                  y2: ({ high }: { readonly high: number }) => percent(high),
                  fill: 'var(--series-0)',
                  fillOpacity: 0.16,
                }),
                Plot.ruleY([percent(change.estimate)], { stroke: 'var(--series-0)', strokeWidth: 1.5 }),
              ]
            : []),
          Plot.ruleY([0], { stroke: 'var(--faint)' }),
          ...(margin === null
            ? []
            : [Plot.ruleY([-percent(margin), percent(margin)], { stroke: 'var(--muted)', strokeDasharray: '3,3' })]),
          ...(border ? [Plot.ruleX([border.at - 0.5], { stroke: 'var(--faint)' })] : []),
          Plot.dot(points, {
            x: 'at',
            y: (point: RatioPoint) => percent(point.change),
            r: 2.5,
            fill: ({ stage }: RatioPoint) => `var(--series-${stage})`,
            title: (point: RatioPoint) => `${point.name}: ${changeText(point.change)}`,
          }),
        ],
      },
      {
        title: `${row.id}: change of every ${bySeed ? 'seed' : 'pair'}`,
        description: `${points.length} ${bySeed ? 'seeds' : 'pairs'}; in all ${changeWithInterval(verdict)}`,
      },
    ),
    head: [bySeed ? 'seed' : 'pair', 'tonight', 'earlier', 'change'],
    rows: points.map(({ name, tonight, earlier, change: one }) => [
      name,
      valueText(tonight, row.unit),
      valueText(earlier, row.unit),
      changeText(one),
    ]),
  };
}

function ratiosOf(delivery: Delivery): RatioPoint[] {
  const pairs =
    delivery.kind === 'paired'
      ? delivery.stages.flatMap((stage, i) =>
          stage.map((pair, j) => ({ ...pair, stage: i, name: `${i === 0 ? '' : 'second stage, '}${j + 1}` })),
        )
      : delivery.kind === 'quality'
        ? delivery.seeds.map(({ seed, tonight, earlier }) => ({ tonight, earlier, stage: 0, name: String(seed) }))
        : [];
  return pairs.flatMap(({ tonight, earlier, stage, name }, i) =>
    earlier === null || earlier === 0
      ? []
      : [{ name, at: i + 1, stage, change: tonight / earlier - 1, tonight, earlier }],
  );
}

interface NightPoint {
  readonly begun: string;
  readonly at: number;
  readonly value: number;
  readonly quick: boolean;
}

/** The numbers of a row over the nights, tonight last; null below two of them. */
export function trendFigure(row: NightlyRow, night: Night, past: Past): Figure | null {
  const tonight = numberOf(night, row);
  const all = [
    ...past.nights.map(({ begun, quick, values }) => ({ begun, quick, value: values[row.id] ?? null })),
    { begun: night.begun, quick: night.quick, value: tonight },
  ];
  const points = all.flatMap(({ begun, quick, value }, at): NightPoint[] =>
    value === null ? [] : [{ begun, quick, at, value }],
  );
  if (points.length < 2) return null;
  const changes = past.changePoints.filter((one) => one.row === row.id);
  const placed = changes.flatMap((one) => {
    const at = all.findIndex(({ begun }) => begun === one.night);
    return at < 0 ? [] : [{ at: at - 0.5, text: changeText(one.change) }];
  });
  const divisor = row.unit === 'bytes' ? 2 ** 20 : 1;
  return {
    title: row.id,
    caption: `Median of each night, ${row.unit === 'bytes' ? 'MiB' : row.unit}; filled: whole nights, open: quick ones. ${changesText(changes)}`,
    chart: chartSvg(
      {
        width: 460,
        height: 180,
        marginLeft: 58,
        marginRight: 14,
        marginTop: 26,
        marginBottom: 28,
        x: {
          label: 'night',
          ticks: [points[0]!.at, points.at(-1)!.at],
          tickFormat: (at: number) => dayText(all[at]!.begun),
          inset: 8,
        },
        y: { label: row.unit === 'bytes' ? 'MiB' : row.unit, ticks: 4, nice: true, zero: false },
        marks: [
          Plot.ruleX(placed, { x: 'at', stroke: 'var(--bad)', strokeDasharray: '4,3' }),
          Plot.text(placed, { x: 'at', text: 'text', frameAnchor: 'top', dy: -12, fill: 'var(--bad)', fontSize: 11 }),
          Plot.line(points, { x: 'at', y: (one: NightPoint) => one.value / divisor, stroke: 'var(--series-0)' }),
          Plot.dot(points, {
            x: 'at',
            y: (one: NightPoint) => one.value / divisor,
            r: 2.8,
            stroke: 'var(--series-0)',
            fill: (one: NightPoint) => (one.quick ? 'var(--paper)' : 'var(--series-0)'),
            title: (one: NightPoint) => `${dayText(one.begun)}: ${valueText(one.value, row.unit)}`,
          }),
        ],
      },
      {
        title: `${row.id} over ${points.length} nights`,
        description: `From ${valueText(points[0]!.value, row.unit)} to ${valueText(points.at(-1)!.value, row.unit)}. ${changesText(changes)}`,
      },
    ),
    head: ['night', 'median'],
    rows: points.map(({ begun, value }) => [dayText(begun), valueText(value, row.unit)]),
  };
}

function changesText(changes: readonly ChangePoint[]): string {
  if (changes.length === 0) return 'No change point.';
  return `Change points: ${changes.map(({ night, change }) => `${dayText(night)}, ${changeText(change)}`).join('; ')}.`;
}
