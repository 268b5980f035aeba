/**
 * @file Tables of scores per metric and sampler: seeds, mean, spread, paired difference, floor.
 *
 * They show n of planned cells too.
 */
import { fewestPairs, type Comparison } from '../../judge/compare.ts';
import type { Score } from '../../score/score.ts';
import { compareInColumns, seedValues, type ScoreColumn } from '../../judge/evidence.ts';
import { summarise, type Summary } from '../../judge/statistics.ts';
import { spreadOf, type Spread } from '../../judge/studies/spread.ts';
import { retrainingOverRedrawing } from '../../results/judgement.ts';
import { cellAnchor, comparisonIn, type ReportContext } from './context.ts';
import { columnAnchor } from './headline.ts';
import { marksFor } from './notes.ts';
import {
  hashText,
  intervalText,
  listText,
  parameterText,
  percentText,
  probabilityText,
  samplerText,
  scoreText,
  scoreWriter,
  type ScoreWriter,
} from '../words/numbers.ts';
import { statementOf } from '../words/statement.ts';

interface ScoreCell {
  readonly text: string;
  /** The cell of the run that it comes from; null where there is no value. */
  readonly href: string | null;
  readonly marks: readonly string[];
}

/** A line below the seeds: one text per recipe, then one per difference from the baseline. */
interface SummaryRow {
  readonly label: string;
  readonly cells: readonly string[];
  readonly differences: readonly string[];
}

export interface ScoreTable {
  readonly anchor: string;
  readonly title: string;
  readonly about: string;
  readonly heads: readonly { readonly label: string; readonly series: number }[];
  readonly differenceHeads: readonly string[];
  readonly rows: readonly {
    readonly seed: string;
    readonly cells: readonly ScoreCell[];
    readonly differences: readonly string[];
  }[];
  readonly summaries: readonly SummaryRow[];
  readonly floor: string;
  readonly identity: string;
  readonly notComparable: string | null;
}

const dash = '\u2013';

export function scoreTables(context: ReportContext): ScoreTable[] {
  return context.columns.map((column) => tableOf(context, column));
}

/** The conclusions of every column in words, for the text formats. */
export function conclusions(
  context: ReportContext,
): { readonly column: ScoreColumn; readonly claim: string; readonly detail: string }[] {
  const [baseline, ...others] = context.recipes;
  return context.columns.flatMap((column) =>
    others.flatMap((candidate) => {
      const comparison = comparisonIn(context, column, candidate.id);
      return comparison ? [{ column, ...statementOf(comparison, baseline!.label, candidate.label) }] : [];
    }),
  );
}

function tableOf(context: ReportContext, column: ScoreColumn): ScoreTable {
  const { recipes, seeds } = context;
  const [baseline, ...others] = recipes;
  const comparisons = others.map(({ id }) => comparisonIn(context, column, id));
  const writer = scoreWriter(column.entries.map(({ score }) => score.value));
  const { score } = column.entries[0]!;
  return {
    anchor: columnAnchor(column),
    title: `${column.kind.title}, ${samplerText(column.nfe)}`,
    about: `${column.kind.about}; ${column.kind.better} is better.`,
    heads: recipes.map(({ label, series }) => ({ label, series })),
    differenceHeads: others.map(({ label }) => `${label} \u2212 ${baseline!.label}`),
    rows: seeds.map((seed) => ({
      seed: String(seed),
      cells: recipes.map(({ id }) => cellOf(context, column, writer, id, seed)),
      differences: comparisons.map((comparison) => {
        const pair = comparison?.pairs.find((candidate) => candidate.seed === seed);
        return pair ? writer.signed(pair.difference) : dash;
      }),
    })),
    summaries: summaryRows(context, column, comparisons, writer),
    floor: score.floor
      ? `Real against real reads ${scoreText(score.floor.value)} with ${parameterText(score.floor.samples)} images: the floor of this metric at this count.`
      : 'No real-against-real floor was measured.',
    identity: identityText(score),
    notComparable: column.notComparable.length > 0 ? `Not comparable: ${column.notComparable.join('; ')}.` : null,
  };
}

function cellOf(
  { run, notes }: ReportContext,
  { entries, kind }: ScoreColumn,
  { plain }: ScoreWriter,
  recipeId: string,
  seed: number,
): ScoreCell {
  const row = run.ledger.find((candidate) => candidate.recipeId === recipeId && candidate.seed === seed)!;
  const entry = entries.find((candidate) => candidate.row === row);
  const href = `#${cellAnchor(row)}`;
  if (!entry) return { text: row.state === 'done' ? dash : row.state, href, marks: [] };
  return { text: plain(entry.score.value), href, marks: marksFor(notes, kind.id, [row.cell]) };
}

function summaryRows(
  context: ReportContext,
  column: ScoreColumn,
  comparisons: readonly (Comparison | null)[],
  { plain, signed }: ScoreWriter,
): SummaryRow[] {
  const { recipes, seeds, run } = context;
  const { confidence } = run.registration.judgement;
  const summaries = recipes.map(({ id }) => {
    const values = seedValues(column, id).map(({ value }) => value);
    return values.length > 0 && column.notComparable.length === 0 ? summarise(values, confidence) : null;
  });
  const row = (
    label: string,
    ofRecipe: (summary: Summary) => string | null,
    ofDifference: (comparison: Comparison) => string | null,
  ): SummaryRow => ({
    label,
    cells: summaries.map((summary) => (summary && ofRecipe(summary)) ?? dash),
    differences: comparisons.map((comparison) => (comparison && ofDifference(comparison)) ?? dash),
  });
  const blank = (): string => '';
  return [
    row(
      'mean',
      ({ mean }) => plain(mean),
      ({ paired }) => paired && signed(paired.mean),
    ),
    row(
      'standard deviation',
      ({ sd }) => (sd === null ? null : plain(sd)),
      ({ paired }) => paired && plain(paired.sd),
    ),
    row(
      `${percentText(confidence)} t-interval`,
      ({ interval }) => interval && intervalText(interval, plain),
      ({ paired }) => paired && intervalText(paired.interval, signed),
    ),
    row('the same unpaired (Welch)', blank, ({ unpaired }) => unpaired && intervalText(unpaired.interval, signed)),
    row('p, paired t', blank, ({ paired }) => paired && probabilityText(paired.pValue)),
    row(
      'seed spread (largest \u2212 smallest)',
      ({ count, range }) => (count > 1 ? plain(range) : null),
      ({ seedSpread }) => (seedSpread === null ? null : plain(seedSpread)),
    ),
    row('p, exact sign-flip', blank, ({ signFlip }) => (signFlip === null ? null : probabilityText(signFlip))),
    row('p, paired t after Holm over the scores tested', blank, ({ adjusted, family }) =>
      adjusted === null ? null : `${probabilityText(adjusted)} (${family})`,
    ),
    ...drawRows(context, column, plain),
    {
      label: 'n of planned',
      cells: recipes.map(({ id }) => `${seedValues(column, id).length} of ${seeds.length}`),
      differences: comparisons.map((comparison) => `${comparison?.pairs.length ?? 0} of ${seeds.length}`),
    },
    {
      label: 'outcome with the first n seeds',
      cells: recipes.map(() => ''),
      differences: recipes.slice(1).map(({ id }) => outcomesBySeeds(context, column, id)),
    },
  ];
}

/** What retraining moves beside what redrawing samples of the same weights moves, where more than one draw was scored. */
function drawRows({ recipes, run }: ReportContext, column: ScoreColumn, plain: ScoreWriter['plain']): SummaryRow[] {
  const spreads = recipes.map(({ id }) => {
    const draws = column.entries
      .filter(({ row }) => row.recipeId === id)
      .map(({ score }) => [score.value, ...score.redraws]);
    return column.notComparable.length > 0 ? null : spreadOf(draws, run.registration.judgement.confidence);
  });
  if (spreads.every((spread) => spread === null)) return [];
  const row = (label: string, text: (spread: Spread) => string | null): SummaryRow => ({
    label,
    cells: spreads.map((spread) => (spread && text(spread)) ?? dash),
    differences: recipes.slice(1).map(() => ''),
  });
  return [
    row('standard deviation over draws of one seed', ({ redrawing }) => plain(redrawing)),
    row('standard deviation over seeds, that over draws taken out', ({ retraining }) =>
      retraining === null ? null : plain(retraining),
    ),
    row(
      `retraining over redrawing, as a ratio (FID on ImageNet 256x256: ${retrainingOverRedrawing}, arXiv:2606.20536)`,
      ({ ratio, interval }) =>
        ratio === null
          ? null
          : `${ratio.toFixed(1)}${interval ? ` (${intervalText(interval, (bound) => bound.toFixed(1))})` : ''}`,
    ),
  ];
}

/** `3: better, 4: better`: whether a claim was reached by adding seeds. */
function outcomesBySeeds(
  { run, columns, recipes, seeds }: ReportContext,
  column: ScoreColumn,
  candidate: string,
): string {
  const counts = seeds.map((_, i) => i + 1).filter((count) => count >= fewestPairs);
  const outcomes = counts.map((count) => {
    const first = seeds.slice(0, count);
    const comparison = compareInColumns(run, columns, recipes[0]!.id, candidate, first)[columns.indexOf(column)];
    return comparison ? `${count}: ${comparison.outcome}` : null;
  });
  return outcomes.filter((outcome) => outcome !== null).join(', ') || dash;
}

/** What a score was measured with, in one sentence: its identity. */
function identityText({ identity, sigmas }: Score): string {
  const quantised = identity.quantisation === 'truncate' ? 'truncated' : 'rounded';
  const extractor = `${identity.extractor} (${hashText(identity.extractorSha256)})`;
  return [
    `${parameterText(identity.samples)} samples from the ${identity.weights} weights, sampler levels ${listText(sigmas.map(String))}, ${quantised} to uint8`,
    `features ${extractor}, resize ${identity.resize}, ${identity.dtype} on ${identity.device}, batches of ${parameterText(identity.batchImages)}`,
    `${referenceText(identity)}.`,
  ].join('; ');
}

function referenceText({ reference, referenceSha256, referenceImages }: Score['identity']): string {
  if (reference === null) return 'measured against no other images';
  const hash = referenceSha256 === null ? '' : ` (${hashText(referenceSha256)})`;
  const images =
    referenceImages === null
      ? 'a number of images that its file does not say'
      : `${parameterText(referenceImages)} images`;
  return `reference ${reference}${hash}, ${images}`;
}
