/** @file Table of cells: state, plan, hashes, and the command that repeats each. */
import type { Provenance } from '../../results/origin/provenance.ts';
import { cellAnchor, type ReportContext } from './context.ts';
import { marksOfCell } from './notes.ts';
import { hashText, parameterText } from '../words/numbers.ts';

export interface CellRow {
  readonly anchor: string;
  readonly recipe: string;
  readonly series: number;
  readonly seed: string;
  readonly state: string;
  readonly failure: string | null;
  readonly steps: string;
  readonly plan: string;
  readonly planFull: string;
  readonly recipeVersion: string;
  readonly recipeFull: string;
  readonly result: string;
  readonly resultFull: string;
  readonly machine: string;
  readonly commit: string;
  readonly commands: readonly { readonly purpose: string; readonly line: string }[];
  readonly marks: readonly string[];
}

export function cellRows({ run, recipes, notes }: ReportContext): CellRow[] {
  return run.ledger.map((row): CellRow => {
    const { result } = row;
    const recipe = recipes.find(({ id }) => id === row.recipeId)!;
    const registered = run.registration.recipes.find(({ id }) => id === row.recipeId)!;
    return {
      anchor: cellAnchor(row),
      recipe: recipe.label,
      series: recipe.series,
      seed: String(row.seed),
      state: row.state,
      failure: result?.failure?.message ?? null,
      steps: result
        ? `${parameterText(result.progress.steps)} of ${parameterText(result.plan.asRun.steps)}`
        : 'no result was written',
      plan: hashText(row.planFingerprint),
      planFull: row.planFingerprint,
      recipeVersion: `${registered.id}@${registered.version}`,
      recipeFull: registered.fingerprint,
      result: result ? hashText(result.contentSha256) : '\u2013',
      resultFull: result?.contentSha256 ?? '',
      machine: result ? hashText(result.machine.fingerprint) : '\u2013',
      commit: result ? commitText(result.provenance) : '\u2013',
      commands: result?.provenance.commands ?? [],
      marks: marksOfCell(notes, row.cell),
    };
  });
}

/** `0123456789ab`, with a word where the checkout differed from it or was none. */
export function commitText({ commit, dirty }: Pick<Provenance, 'commit' | 'dirty'>): string {
  if (commit === null) return 'not known';
  if (dirty === null) return `${hashText(commit)}, changes not known`;
  return dirty ? `${hashText(commit)}, changed` : hashText(commit);
}
