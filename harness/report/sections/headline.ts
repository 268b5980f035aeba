/** @file Headline of the report: the scale of the run, and each recipe beside the baseline by seed. */
import * as Plot from '@observablehq/plot';
import { asRunDifferences } from '../../results/as-run.ts';
import { datasets } from '../../recipe/dataset.ts';
import { countCells } from '../../results/run.ts';
import type { ScoreColumn } from '../../judge/evidence.ts';
import { cellFolderName } from '../../results/registration.ts';
import { summarise } from '../../judge/statistics.ts';
import { cellAnchor, comparisonIn, type RecipeContext, type ReportContext } from './context.ts';
import { marksFor } from './notes.ts';
import { listText, parameterText, percentText, samplerText, scoreText, scoreWriter } from '../words/numbers.ts';
import { chartSvg } from '../page/plot.ts';
import { statementOf } from '../words/statement.ts';

interface HeadlineFigure {
  readonly label: string;
  readonly series: number;
  readonly mean: string;
  /** `± 15.7`, or nothing for one seed. */
  readonly spread: string;
  readonly count: string;
}

export interface HeadlineCard {
  readonly metric: string;
  readonly sampler: string;
  readonly direction: string;
  readonly anchor: string;
  readonly figures: readonly HeadlineFigure[];
  /** More figures than stand beside each other at full size. */
  readonly many: boolean;
  readonly statements: readonly { readonly claim: string; readonly detail: string; readonly outcome: string }[];
  readonly marks: readonly string[];
  readonly floor: string | null;
  readonly chart: string;
}

/** One card per metric and sampler of the headline metrics: the first metric that was measured. */
export function headlineCards(context: ReportContext): HeadlineCard[] {
  const first = context.columns[0]?.kind.id;
  return context.columns.filter(({ kind }) => kind.id === first).map((column) => cardOf(context, column));
}

/** In a few sentences: how much of the published runs this is, what its methods are, and what may be concluded from it. */
export function scaleSentence(context: ReportContext): string {
  const meanings = context.recipes.flatMap(({ meaning }) => meaning ?? []);
  return [extentSentence(context), ...meanings, ...tuningSentence(context)].join(' ');
}

/** Which of the seeds chose the numbers of the recipes: by them a recipe is flattered. */
function tuningSentence({ dataset, seeds }: ReportContext): string[] {
  const tuned = seeds.filter((seed) => datasets[dataset].tunedOn.some((known) => known === seed));
  if (tuned.length === 0) return [];
  const [words, are] = tuned.length === 1 ? ['Seed', 'is the one'] : ['Seeds', 'are those'];
  return [
    `${words} ${listText(tuned.map(String))} ${are} on which the numbers of these recipes were chosen; the others chose nothing.`,
  ];
}

function extentSentence({ run, dataset, recipes }: ReportContext): string {
  const { scale } = run.registration;
  const known = recipes.flatMap(({ label, sample }) => (sample ? [{ label, plan: sample.plan }] : []));
  const lengths = known.map(({ label, plan: { asRun } }) => ({
    label,
    text: `${parameterText(asRun.steps)} steps of ${parameterText(asRun.batchImages)} images`,
  }));
  const equal = new Set(lengths.map(({ text }) => text)).size === 1;
  const length = equal ? lengths[0]!.text : listText(lengths.map(({ label, text }) => `${label} ${text}`));
  const files = [...new Set(known.flatMap(({ plan }) => plan.weights?.file ?? []))];
  if (files.length > 0 && known.every(({ plan }) => plan.weights)) {
    return `Weights that were not trained here (${listText(files)}), sampled and scored: what is repeated is the evaluation, not the training.`;
  }
  if (known.length === 0) return 'No planned cell has ended yet: there is nothing to report.';
  if (datasets[dataset].generated) {
    const size = known[0]!.plan.recipe.network.resolution;
    const meaning =
      scale === 'smoke'
        ? 'It only shows that every stage runs; its numbers mean nothing.'
        : `It shows ${listText(recipes.map(({ label }) => label))} at small scale; no number here may be set beside a number of the papers.`;
    return `This is the embedded twin: generated ${size}\u00d7${size} images, a narrow network, ${length}. ${meaning}`;
  }
  const scaled = known.filter(({ plan }) => asRunDifferences(plan).length > 0);
  if (scaled.length === 0) return `Run at the published scale: ${length}.`;
  const shares = scaled.map(({ label, plan: { asRun, recipe } }) => {
    const share = (asRun.steps * asRun.batchImages) / (recipe.tuning.steps * recipe.tuning.batchImages);
    return { label, share: percentText(share) };
  });
  const same = new Set(shares.map(({ share }) => share)).size === 1 && scaled.length === known.length;
  const extent = same ? shares[0]!.share : listText(shares.map(({ label, share }) => `${label} on ${share}`));
  return `A scaled run (\u201c${scale}\u201d): ${length}, ${extent} of the published training images. No number here may be set beside a number of the papers.`;
}

/** `6 of 6 planned cells finished`, with what became of the others. */
export function ledgerSentence({ run }: ReportContext): string {
  const count = countCells(run.ledger);
  const rest = (['diverged', 'failed', 'missing'] as const)
    .filter((state) => count[state] > 0)
    .map((state) => `${count[state]} ${state}`);
  return `${count.done} of ${count.planned} planned cells finished${rest.length > 0 ? `; ${rest.join(', ')}` : ''}`;
}

function cardOf(context: ReportContext, column: ScoreColumn): HeadlineCard {
  const { recipes, notes } = context;
  const cells = column.entries.map(({ row }) => row.cell);
  const floor = column.entries.find(({ score }) => score.floor !== null)?.score.floor ?? null;
  const [baseline, ...others] = recipes;
  return {
    metric: column.kind.title,
    sampler: samplerText(column.nfe),
    direction: `${column.kind.better} is better`,
    anchor: columnAnchor(column),
    figures: recipes.map((recipe) => figureOf(context, column, recipe)),
    many: recipes.length > 3,
    statements: others.map((candidate) => {
      const comparison = comparisonIn(context, column, candidate.id);
      return comparison
        ? { ...statementOf(comparison, baseline!.label, candidate.label), outcome: comparison.outcome }
        : {
            claim: `${candidate.label} and ${baseline!.label} cannot be compared.`,
            detail: `They were measured differently: ${column.notComparable.join('; ')}.`,
            outcome: 'not-comparable',
          };
    }),
    marks: marksFor(notes, column.kind.id, cells),
    floor: floor ? `${scoreText(floor.value)} with ${parameterText(floor.samples)} images` : null,
    chart: pairChart(context, column),
  };
}

/** The place in the page that holds the table of a column. */
export function columnAnchor({ kind, nfe }: Pick<ScoreColumn, 'kind' | 'nfe'>): string {
  return `scores-${kind.id}-nfe${nfe}`;
}

function figureOf({ seeds, run }: ReportContext, column: ScoreColumn, recipe: RecipeContext): HeadlineFigure {
  const values = column.entries.filter(({ row }) => row.recipeId === recipe.id).map(({ score }) => score.value);
  const count = `${values.length} of ${seeds.length} seed${seeds.length === 1 ? '' : 's'}`;
  const shared = { label: recipe.label, series: recipe.series, count };
  const { plain } = scoreWriter(column.entries.map(({ score }) => score.value));
  if (values.length === 0 || column.notComparable.length > 0) return { ...shared, mean: '\u2013', spread: '' };
  const summary = summarise(values, run.registration.judgement.confidence);
  return {
    ...shared,
    mean: plain(summary.mean),
    spread: summary.sd === null ? '' : `\u00b1\u00a0${plain(summary.sd)}`,
  };
}

/** One line per seed from the baseline's dot to the others': the direction and size of every paired difference at a glance. */
function pairChart(context: ReportContext, column: ScoreColumn): string {
  const { recipes, seeds } = context;
  const dots = column.entries.map(({ row, score }) => ({
    recipe: recipes.find(({ id }) => id === row.recipeId)!,
    seed: `seed ${row.seed}`,
    value: score.value,
    href: `#${cellAnchor({ cell: cellFolderName(row.recipeId, row.seed) })}`,
  }));
  if (dots.length === 0) return '';
  const links = seeds.flatMap((seed) => {
    const mine = dots.filter((dot) => dot.seed === `seed ${seed}`).map(({ value }) => value);
    return mine.length < 2 ? [] : [{ seed: `seed ${seed}`, low: Math.min(...mine), high: Math.max(...mine) }];
  });
  const described = recipes
    .map(({ id, label }) => {
      const mine = dots.filter(({ recipe }) => recipe.id === id);
      return mine.length > 0 ? `${label}: ${mine.map(({ value }) => scoreText(value)).join(', ')}` : `${label}: none`;
    })
    .join('; ');
  return chartSvg(
    {
      width: 440,
      height: 44 + 22 * seeds.length,
      marginLeft: 48,
      marginRight: 16,
      marginTop: 6,
      marginBottom: 34,
      x: { label: `${column.kind.title}, ${samplerText(column.nfe)}`, nice: true, ticks: 5, inset: 6 },
      y: { type: 'point', domain: seeds.map((seed) => `seed ${seed}`), label: null, padding: 0.6 },
      marks: [
        Plot.gridX({ stroke: 'var(--rule)', strokeOpacity: 1 }),
        Plot.axisX({ ticks: 5, tickSize: 0, labelArrow: 'none' }),
        Plot.axisY({ tickSize: 0 }),
        Plot.link(links, { x1: 'low', x2: 'high', y1: 'seed', y2: 'seed', stroke: 'var(--faint)', strokeWidth: 1.5 }),
        ...recipes.map((recipe) =>
          Plot.dot(
            dots.filter((dot) => dot.recipe.id === recipe.id),
            {
              x: 'value',
              y: 'seed',
              r: 5,
              fill: recipe.colour,
              stroke: 'var(--paper)',
              strokeWidth: 1.5,
              href: 'href',
              title: (dot: { readonly value: number; readonly seed: string }) =>
                `${recipe.label}, ${dot.seed}: ${scoreText(dot.value)}`,
            },
          ),
        ),
      ],
    },
    { title: `${column.kind.title} with ${samplerText(column.nfe)} by seed`, description: described },
  );
}
