/**
 * @file Runs cells as a job array of a Slurm cluster.
 *
 * What became of them is read from our own files, then from squeue.
 */
import { basename, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '../../../core/clock.ts';
import { DataError, PlanError, described, exitCodes } from '../../../core/errors.ts';
import { readResult } from '../../../results/store.ts';
import { writeFileAtomically } from '../../../system/files/atomic-file.ts';
import { readAttempts } from '../../cell/attempts.ts';
import { cellOwner } from '../../cell/cell-lock.ts';
import { recordUnseenEnd } from '../../cell/ended-cell.ts';
import { commandOfCell, type CellEnd, type CellProcess, type ClusterOptions } from '../contract.ts';
import { recordSubmission, slurmFolder, taskStates, wasSubmitted, type TaskState } from './jobs.ts';
import { mostTasks, requireSlurm, submit } from './programs.ts';
import { sbatchScript } from './sbatch-script.ts';

export interface SlurmOptions extends ClusterOptions {
  /** Cells that have a result are submitted too: further draws are wanted. */
  readonly finishedToo?: boolean;
  /** Waits until every cell has ended. */
  readonly watch: boolean;
  readonly clock: Clock;
  readonly environment: NodeJS.ProcessEnv;
  readonly pollMs?: number;
  /** Told after each look at the queue. */
  readonly onLook?: () => void;
}

/**
 * Submits the cells that have no result and no task in the queue. Given again, the same call submits what has ended without a result.
 * @returns how each cell ended; those that wait or run, where nobody watches, are left out
 * @throws DataError when Slurm is not here or does not answer; UsageError when it does not take the options; PlanError when there are more
 *   cells than one array may have tasks
 */
export async function runCellsOnSlurm(cells: readonly CellProcess[], options: SlurmOptions): Promise<CellEnd[]> {
  const { environment, runFolder, output, watch, pollMs = 10_000 } = options;
  requireSlurm(environment);
  const before = statesOf(runFolder, environment);
  const unfinished = cells.filter(({ folder }) => options.finishedToo === true || readResult(folder) === null);
  const left = unfinished.filter(({ folder }) => isOver(before.get(basename(folder))));
  // What nobody watched until its end is recorded before it is begun again.
  for (const cell of left) if (before.has(basename(cell.folder))) endOf(cell, options);
  if (left.length > 0) submitCells(left, options);
  const queued = unfinished.length - left.length;
  if (queued > 0) output.write(`${queued} ${queued === 1 ? 'cell is' : 'cells are'} in the queue already\n`);
  let states = statesOf(runFolder, environment);
  for (;;) {
    options.onLook?.();
    const ended = cells.filter(({ folder }) => isOver(states.get(basename(folder))));
    if (!watch || ended.length === cells.length) return ended.map((cell) => endOf(cell, options));
    await pause(pollMs);
    states = statesOrBefore(states, options);
  }
}

/** A controller that is busy or starts again has not lost its jobs. */
function statesOrBefore(before: Map<string, TaskState>, { runFolder, environment, output }: SlurmOptions) {
  try {
    return statesOf(runFolder, environment);
  } catch (thrown) {
    if (!(thrown instanceof DataError) || thrown.exitCode !== exitCodes.transient) throw thrown;
    output.write(`${thrown.message}\n`);
    return before;
  }
}

/** What Slurm knows of the cells of a run, by the names of their folders; nothing where none was submitted. */
export function statesOf(runFolder: string, environment: NodeJS.ProcessEnv): Map<string, TaskState> {
  return wasSubmitted(runFolder) ? taskStates(runFolder, environment) : new Map<string, TaskState>();
}

/**
 * Records the end of every submitted cell of a run whose task is gone from the queue and left no word, where nobody watched it.
 * @param states as `statesOf` gives them
 */
export function recordLostTasks(
  runFolder: string,
  states: ReadonlyMap<string, TaskState>,
  { clock, ...about }: Pick<SlurmOptions, 'checkout' | 'output' | 'clock'>,
): void {
  for (const [name, state] of states) {
    const folder = join(runFolder, name);
    // Another person's task is in no queue of ours: its process holds the lock of the cell.
    if (state === 'gone' && cellOwner(folder, clock) === undefined) endOf({ name, folder }, about);
  }
}

function isOver(state: TaskState | undefined): boolean {
  return state === undefined || state === 'gone';
}

function submitCells(cells: readonly CellProcess[], options: SlurmOptions): void {
  const { runFolder, environment, clock, output } = options;
  const most = mostTasks(environment);
  if (cells.length > most) throw tooMany(cells.length, most);
  const script = join(slurmFolder(runFolder), 'cells.sbatch');
  const log = join(slurmFolder(runFolder), '%A_%a.log');
  const name = basename(runFolder);
  writeFileAtomically(script, sbatchScript(cells, { ...options, name, directory: process.cwd(), log }));
  const job = submit(script, environment);
  recordSubmission(
    runFolder,
    clock,
    job,
    cells.map(({ folder }) => basename(folder)),
  );
  output.write(
    `Slurm job ${job}: ${cells.length} ${cells.length === 1 ? 'cell' : 'cells'}. See npm run status -- ${runFolder}; stop it with scancel ${job}\n`,
  );
}

function tooMany(cells: number, most: number): PlanError {
  return new PlanError({
    where: '--executor slurm',
    got: described(`${cells} cells`),
    expected: `at most ${most}, since that is how many tasks this cluster allows in one array`,
    remedy: 'Run fewer recipes or seeds at once: the same --name with more of them and --amend adds the others',
  });
}

/** By our own files; a task that left no word was cancelled, killed for its memory, or lost with its node: that is recorded here. */
function endOf(
  cell: Pick<CellProcess, 'name' | 'folder'>,
  { checkout, output }: Pick<SlurmOptions, 'checkout' | 'output'>,
): CellEnd {
  const { name, folder } = cell;
  const result = readResult(folder);
  if (result) return { name, exitCode: result.failure?.exitCode ?? exitCodes.done };
  const last = readAttempts(folder).at(-1);
  if (last?.event === 'end') return { name, exitCode: last.exitCode };
  const message = last
    ? 'its task is gone from the queue without a word: cancelled, out of memory or time, or lost with its node'
    : 'its task is gone from the queue and never began: cancelled, or refused by its node';
  const exitCode = exitCodes.failed;
  recordUnseenEnd({ folder, root: checkout, command: commandOfCell(cell), output }, { message, exitCode });
  return { name, exitCode };
}
