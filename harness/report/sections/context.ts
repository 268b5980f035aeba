/** @file What every section of the report needs to know about a run: labels, colours, anchors, the notes beside numbers. */
import type { Result } from '../../results/schema.ts';
import { doneResults, type LedgerRow, type Run } from '../../results/run.ts';
import { scoreColumns, type ScoreColumn } from '../../judge/evidence.ts';
import { collectNotes, type Note } from './notes.ts';
import { recipeLabel } from '../words/numbers.ts';

/** The style sheet has so many colours for recipes: as many as a ladder from CT to iCT has rungs, and one more. */
const seriesColours = 8;

export interface RecipeContext {
  readonly id: string;
  readonly label: string;
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
  readonly dataset: string;
  readonly seeds: readonly number[];
  /** The first is the baseline. */
  readonly recipes: readonly RecipeContext[];
  readonly columns: readonly ScoreColumn[];
  readonly notes: readonly Note[];
}

export function reportContext(run: Run): ReportContext {
  const { dataset, recipes, seeds } = run.registration;
  return {
    run,
    dataset,
    seeds,
    recipes: recipes.map(({ id }, index) => ({
      id,
      label: recipeLabel(id, dataset),
      colour: `var(--series-${index % seriesColours})`,
      series: index % seriesColours,
      sample: run.ledger.find(({ recipeId, result }) => recipeId === id && result !== null)?.result ?? null,
      done: doneResults(run, id),
    })),
    columns: scoreColumns(run),
    notes: collectNotes(run),
  };
}

/** The place in the page that tells everything about a cell. */
export function cellAnchor({ cell }: Pick<LedgerRow, 'cell'>): string {
  return `cell-${cell}`;
}

/** Results in registered order of recipes, then seeds, finished or not. */
export function resultsOf({ run }: ReportContext, recipeId: string): Result[] {
  return run.ledger.flatMap((row) => (row.recipeId === recipeId && row.result ? [row.result] : []));
}
