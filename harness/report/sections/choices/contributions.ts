/** @file Section on what each choice is worth: chart and table of recipes that are one change apart. */
import * as Plot from '@observablehq/plot';
import type { AblatedChange, Ablation } from '../../../recipe/ablation.ts';
import { choiceNames } from '../../../recipe/diff.ts';
import type { Papers } from '../../../recipe/papers.ts';
import type { ScoreColumn } from '../../../judge/evidence.ts';
import { judgeContributions, type Contribution } from '../../../judge/studies/contributions.ts';
import { changeText, intervalText, percentText, samplerText } from '../../words/numbers.ts';
import { chartSvg } from '../../page/plot.ts';
import { sourceText } from '../claims.ts';
import type { ReportContext } from '../context.ts';
import { logTicks } from '../curves.ts';

export interface ContributionCell {
  /** Change of the score, or a dash. */
  readonly change: string;
  readonly interval: string;
  readonly outcome: string;
  readonly why: string;
  readonly count: string;
}

interface ContributionFigure {
  readonly anchor: string;
  readonly title: string;
  readonly chart: string;
  readonly rows: readonly {
    readonly name: string;
    readonly added: ContributionCell;
    readonly removed: ContributionCell;
    readonly says: string;
    readonly source: string;
  }[];
}

export interface ContributionSection {
  readonly from: string;
  readonly to: string;
  readonly how: string;
  readonly multiplicity: string;
  /** Recipes of the ablation without a result: their steps have no number. */
  readonly missing: readonly string[];
  readonly figures: readonly ContributionFigure[];
}

const changes: readonly AblatedChange[] = ['tuning', ...choiceNames];

const absent: ContributionCell = { change: '\u2013', interval: '', outcome: '', why: '', count: '' };

/** Null where the run holds no recipe between the two ends of an ablation. */
export function contributionSection(context: ReportContext, papers: Papers): ContributionSection | null {
  const { run, columns } = context;
  const ablation = ablationOf(context, papers);
  if (!ablation) return null;
  const judged = columns.map((column) => ({ column, contributions: judgeContributions(run, column, ablation) }));
  const decided = judged.flatMap(({ contributions }) => contributions.filter(({ measured }) => measured?.interval));
  const { confidence } = run.registration.judgement;
  const labelOf = (id: string): string => context.recipes.find((recipe) => recipe.id === id)?.label ?? id;
  return {
    from: labelOf(ablation.from),
    to: labelOf(ablation.to),
    how: `Every number is the score with the choice over the score without it, as a change: the geometric mean over seeds of recipes that differ in this choice alone, with the paired ${percentText(confidence)} t-interval of its logarithm. A ratio, since the scores fall several times over between the ends: successive changes multiply to that of the whole way. An interval that holds zero is undecided.`,
    multiplicity:
      decided.length === 0
        ? ''
        : `${decided.length} intervals, not corrected for their number: where no choice had any effect, about ${(decided.length * (1 - confidence)).toFixed(1)} of them would miss zero.`,
    missing: [
      ...new Set(judged.flatMap(({ contributions }) => contributions.flatMap(({ absent: lacking }) => lacking))),
    ],
    figures: judged.map(({ column, contributions }) => figureOf(column, contributions, papers)),
  };
}

/** The ablation whose recipes the run holds besides its two ends, if any. */
function ablationOf({ run, dataset }: ReportContext, { ablations }: Papers): Ablation | undefined {
  const registered = new Set(run.registration.recipes.map(({ id }) => id));
  return ablations.find((one) => one.dataset === dataset && between(one).some((id) => registered.has(id)));
}

/** Ids of the recipes that an ablation has besides its ends. */
function between({ from, to, added, removed }: Ablation): string[] {
  const all = [...added, ...removed].flatMap((step) => [step.without, step.with]);
  return [...new Set(all)].filter((id) => id !== from && id !== to);
}

function figureOf(
  column: ScoreColumn,
  contributions: readonly Contribution[],
  { effects }: Papers,
): ContributionFigure {
  const title = `${column.kind.title}, ${samplerText(column.nfe)}`;
  const added = contributions.filter(({ direction }) => direction === 'added');
  const find = (direction: Contribution['direction'], change: AblatedChange): Contribution | undefined =>
    contributions.find((one) => one.direction === direction && one.step.change === change);
  const shown = changes.filter((change) => contributions.some(({ step }) => step.change === change));
  return {
    anchor: `worth-${column.kind.id}-nfe${column.nfe}`,
    title: `${title} (${column.kind.better} is better)`,
    chart: contributionChart(title, contributions),
    rows: shown.map((change) => {
      const removed = find('removed', change);
      const twice = added.some(({ step }) => step.with === removed?.step.with && step.without === removed.step.without);
      return {
        name: change,
        added: cellOf(find('added', change)),
        removed: cellOf(removed, twice ? 'the same two recipes as when added' : ''),
        says: effects[change].says,
        source: sourceText(effects[change]),
      };
    }),
  };
}

function cellOf(contribution: Contribution | undefined, note = ''): ContributionCell {
  if (!contribution) return absent;
  const { measured, outcome, why, seeds, plannedSeeds } = contribution;
  return {
    change: measured ? changeText(measured.ratio - 1) : '\u2013',
    interval: measured?.interval ? intervalText(measured.interval, (ratio) => changeText(ratio - 1)) : '',
    outcome,
    why: [why, note].filter((text) => text !== '').join('; '),
    count: `n\u00a0=\u00a0${seeds} of ${plannedSeeds}`,
  };
}

/** A dot and its interval per change and direction; a change without a number is written out in its place. */
function contributionChart(title: string, contributions: readonly Contribution[]): string {
  const points = changes.flatMap((change) =>
    contributions
      .filter(({ step }) => step.change === change)
      .map((one) => ({
        row: `${change}, ${one.direction}`,
        colour: `var(--series-${one.direction === 'added' ? 0 : 1})`,
        ratio: one.measured?.ratio ?? null,
        low: one.measured?.interval?.low ?? null,
        high: one.measured?.interval?.high ?? null,
        text: describe(one),
      })),
  );
  type Point = (typeof points)[number];
  const measured = points.filter(({ ratio }) => ratio !== null);
  const ends = measured.flatMap(({ ratio, low, high }) => [ratio!, low ?? ratio!, high ?? ratio!]);
  // Few seeds can give an interval without end: what lies beyond a factor of eight is cut at the border, and the table has the numbers.
  const low = Math.max(1 / 8, Math.min(0.8, ...ends)) / 1.05;
  const high = Math.min(8, Math.max(1.25, ...ends)) * 1.05;
  const inside = (value: number): number => Math.min(high, Math.max(low, value));
  const ticks = logTicks(low, high);
  return chartSvg(
    {
      width: 640,
      height: 60 + 22 * points.length,
      marginLeft: 130,
      marginRight: 20,
      marginTop: 6,
      marginBottom: 36,
      x: { type: 'log', label: 'score with it over score without it, change', domain: [low, high] },
      y: { type: 'point', domain: points.map(({ row }) => row), label: null, padding: 0.6 },
      marks: [
        Plot.gridX(ticks, { stroke: 'var(--rule)', strokeOpacity: 1 }),
        Plot.axisX(ticks, { tickSize: 0, text: (ratio: number) => changeText(ratio - 1), labelArrow: 'none' }),
        Plot.axisY({ tickSize: 0 }),
        Plot.ruleX([1], { stroke: 'var(--muted)' }),
        Plot.link(
          measured.filter((point) => point.low !== null),
          {
            x1: (point: Point) => inside(point.low!),
            x2: (point: Point) => inside(point.high!),
            y1: 'row',
            y2: 'row',
            stroke: 'colour',
            strokeWidth: 2,
          },
        ),
        Plot.dot(measured, {
          x: (point: Point) => inside(point.ratio!),
          y: 'row',
          r: 4.5,
          fill: 'colour',
          title: 'text',
        }),
        Plot.text(
          points.filter(({ ratio }) => ratio === null),
          { x: 1, y: 'row', text: () => 'no number', dx: 6, textAnchor: 'start', fill: 'var(--muted)' },
        ),
      ],
    },
    { title: `What each choice is worth in ${title}`, description: points.map(({ text }) => text).join('; ') },
  );
}

function describe(contribution: Contribution): string {
  const { change, interval, outcome, why } = cellOf(contribution);
  const name = `${contribution.step.change}, ${contribution.direction}`;
  return contribution.measured
    ? `${name}: ${change}${interval === '' ? '' : ` (${interval})`}, ${outcome}`
    : `${name}: ${outcome}, ${why}`;
}
