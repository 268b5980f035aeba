/** @file Common data of the report's sections: labels, colours, anchors, notes beside numbers. */
import type { DatasetId } from '../../recipe/dataset.ts';
import type { Result } from '../../results/schema.ts';
import { doneResults, type LedgerRow, type Run } from '../../results/run.ts';
import type { Comparison } from '../../judge/compare.ts';
import { compareInColumns, scoreColumns, type ScoreColumn } from '../../judge/evidence.ts';
import { collectNotes, type Note } from './notes.ts';
import { meaningOf, qualifiedLabel } from '../words/recipe-label.ts';

/** The style sheet has so many colours for recipes: as many as a ladder from CT to iCT has rungs, and one more. */
const seriesColours = 8;

export interface RecipeContext {
  readonly id: string;
  readonly label: string;
  /** What the method is, where its name does not say it. */
  readonly meaning: string | null;
  /** A custom property of the page, such as `var(--series-0)`. */
  readonly colour: string;
  /** Which of the page's series colours it has. */
  readonly series: number;
  /** Any result of the recipe, for what all of its cells share; null when none was written. */
  readonly sample: Result | null;
  readonly done: readonly Result[];
}

export interface ReportContext {
  readonly run: Run;
  readonly dataset: DatasetId;
  readonly seeds: readonly number[];
  /** The first is the baseline. */
  readonly recipes: readonly RecipeContext[];
  readonly columns: readonly ScoreColumn[];
  /** Each recipe but the first against the first, one comparison per column; null where its scores are not comparable. */
  readonly comparisons: ReadonlyMap<string, readonly (Comparison | null)[]>;
  readonly notes: readonly Note[];
}

export function reportContext(run: Run): ReportContext {
  const { dataset, recipes, seeds } = run.registration;
  const columns = scoreColumns(run);
  const [baseline, ...others] = recipes.map(({ id }) => id);
  return {
    run,
    dataset,
    seeds,
    recipes: recipes.map(({ id }, index) => {
      const sample = run.ledger.find(({ recipeId, result }) => recipeId === id && result !== null)?.result ?? null;
      return {
        id,
        label: qualifiedLabel(id, dataset, sample?.plan.recipe.method ?? null),
        meaning: meaningOf(id, dataset, sample?.plan.recipe.method ?? null),
        colour: `var(--series-${index % seriesColours})`,
        series: index % seriesColours,
        sample,
        done: doneResults(run, id),
      };
    }),
    columns,
    comparisons: new Map(others.map((id) => [id, compareInColumns(run, columns, baseline!, id)])),
    notes: collectNotes(run),
  };
}

/** A recipe against the first one in a column; null where the scores are not comparable. */
export function comparisonIn(
  { columns, comparisons }: ReportContext,
  column: ScoreColumn,
  candidate: string,
): Comparison | null {
  return comparisons.get(candidate)?.[columns.indexOf(column)] ?? null;
}

/** The place in the page that tells everything about a cell. */
export function cellAnchor({ cell }: Pick<LedgerRow, 'cell'>): string {
  return `cell-${cell}`;
}

/** Results in registered order of recipes, then seeds, finished or not. */
export function resultsOf({ run }: ReportContext, recipeId: string): Result[] {
  return run.ledger.flatMap((row) => (row.recipeId === recipeId && row.result ? [row.result] : []));
}
