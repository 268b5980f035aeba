/** @file Reads a finished or partial run from its folder: every planned cell with its outcome. */
import { join, relative } from 'node:path';
import { described, exitMeaning, ResultError } from '../core/errors.ts';
import type { Result } from './schema.ts';
import { cellFolderName, readRegistration, type Registration } from './registration.ts';
import { readRedraws, withRedraws } from './redraws.ts';
import { readOutcome } from './store.ts';

/**
 * What became of a planned cell. `failed`: its last attempt ended by an error or was killed, and it may be run again. A cell that left
 * nothing is missing: it never began, or nobody has seen its end.
 */
type CellState = Result['status'] | 'missing';

export interface LedgerRow {
  readonly recipeId: string;
  readonly seed: number;
  /** Name of the cell's folder inside the run's. */
  readonly cell: string;
  readonly planFingerprint: string;
  readonly state: CellState;
  /** With the values of every draw that was added since; of a failed cell the record of its last attempt. */
  readonly result: Result | null;
}

/** A run: what was registered, and one row for each of its cells, in registered order. */
export interface Run {
  readonly folder: string;
  readonly registration: Registration;
  readonly ledger: readonly LedgerRow[];
}

/**
 * Reads a run's registration and all of its results.
 * @throws ResultError when a file is missing, was edited, or is the result of another plan than the registered one
 */
export function readRun(folder: string): Run {
  const registration = readRegistration(folder);
  const ledger = registration.cells.map(({ recipeId, seed, planFingerprint }): LedgerRow => {
    const cell = cellFolderName(recipeId, seed);
    const result = readCell(join(folder, cell));
    if (result && result.plan.fingerprint !== planFingerprint) {
      throw new ResultError({
        where: join(folder, cell),
        got: described(`a result of plan ${result.plan.fingerprint.slice(0, 12)}`),
        expected: `plan ${planFingerprint.slice(0, 12)}, which was registered for this cell`,
        remedy: 'Move the cell folder away and run the cell again, or restore the registration it belongs to',
      });
    }
    return { recipeId, seed, cell, planFingerprint, state: result?.status ?? 'missing', result };
  });
  return { folder, registration, ledger };
}

function readCell(cellFolder: string): Result | null {
  const result = readOutcome(cellFolder);
  return result && withRedraws(result, readRedraws(cellFolder, result));
}

/** Cells by the version of the code that gave their results: a commit, with what is known of changes to it. */
export function cellsByVersion({ ledger }: Run): Map<string, string[]> {
  const cells = new Map<string, string[]>();
  for (const { cell, result } of ledger) {
    if (!result) continue;
    const { commit, dirty, harnessVersion } = result.provenance;
    const version = commit === null ? `version ${harnessVersion}, commit not known` : `commit ${commit.slice(0, 12)}`;
    const named = dirty ? `${version}, changed` : version;
    cells.set(named, [...(cells.get(named) ?? []), cell]);
  }
  return cells;
}

export interface LedgerCount {
  readonly planned: number;
  readonly done: number;
  readonly diverged: number;
  readonly failed: number;
  readonly missing: number;
}

/** How many of the planned cells ended how; `done` of `planned` stands beside every aggregate. */
export function countCells(ledger: readonly LedgerRow[]): LedgerCount {
  const of = (state: CellState): number => ledger.filter((row) => row.state === state).length;
  return {
    planned: ledger.length,
    done: of('done'),
    diverged: of('diverged'),
    failed: of('failed'),
    missing: of('missing'),
  };
}

/**
 * A headline over fewer cells than were planned may hide those that failed.
 * @throws ResultError that names the cells that did not finish
 */
export function requireWholeRun({ folder, ledger }: Run): void {
  const { done, planned } = countCells(ledger);
  if (done === planned) return;
  const missing = ledger.filter(({ state }) => state !== 'done').map(nameWithReason);
  throw new ResultError({
    where: relative(process.cwd(), folder),
    got: described(`${done} of ${planned} planned cells finished`),
    expected: `all of them, also ${missing.join(', ')}`,
    remedy: 'Run the missing cells, or leave out --strict: the report then says what is missing',
  });
}

/** A cell that did not finish, with what became of it, of which class, and why. */
function nameWithReason({ cell, state, result }: LedgerRow): string {
  const failure = result?.failure;
  if (!failure) return `${cell} (${state})`;
  // A run that diverged is a class of its own.
  const kind = state === 'failed' ? `, ${exitMeaning(failure.exitCode)}` : '';
  return `${cell} (${state}${kind}: ${failure.message})`;
}

/** The finished results of a recipe, in registered order of seeds. */
export function doneResults(run: Run, recipeId: string): Result[] {
  return run.ledger.flatMap((row) =>
    row.recipeId === recipeId && row.state === 'done' && row.result ? [row.result] : [],
  );
}
