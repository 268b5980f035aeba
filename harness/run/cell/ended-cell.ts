/** @file Records a cell that ended by an error, so that a run counts it and a reader learns why. */
import { join } from 'node:path';
import { CheckpointedExit, DivergenceError, HarnessError, exitCodes } from '../../core/errors.ts';
import { planFileName, readPlan } from '../../plan/plan-file.ts';
import { failureFileName, resultFileName, writeResult, type ResultDraft } from '../../results/store.ts';
import { exists } from '../../system/files/files.ts';
import { readInput } from '../../system/files/input-file.ts';
import type { Output } from '../../system/progress.ts';
import { endedDraft, unseenDraft, type ProcessEnd, type UnseenCell } from './draft.ts';
import { withMemoryAdvice } from './memory-advice.ts';
import type { Cell } from './open-cell.ts';

/**
 * Writes what became of the cell, and returns the error to be thrown: with advice where memory ran out, else unchanged. A stop that was
 * asked for leaves no record: the cell is as it was.
 */
export function recordedEnd(cell: Cell, thrown: unknown): unknown {
  const error = withMemoryAdvice(cell.plan, thrown);
  if (error instanceof CheckpointedExit) return error;
  const status = error instanceof DivergenceError ? 'diverged' : 'failed';
  write(cell.folder, cell.output, () => endedDraft(cell, status, endOf(error)));
  return error;
}

/** Of an error that ends a process. */
export function endOf(error: unknown): ProcessEnd {
  const known = error instanceof HarnessError || error instanceof CheckpointedExit;
  const text = error instanceof Error ? error.message : String(error);
  const message = text.trim() === '' ? 'an error without a message' : text.trim().split('\n')[0]!;
  return { message, exitCode: known ? error.exitCode : exitCodes.failed };
}

/** Who records the end of an attempt, and for whom. */
export interface AttemptRecorder extends UnseenCell {
  readonly output: Output;
}

/**
 * Watches one attempt at a cell from outside: from where the cell is not open yet, or from the process that started its own.
 * @returns a function that writes `failure.json` unless the attempt has left a record or a result itself
 */
export function watchAttempt(recorder: AttemptRecorder): (end: ProcessEnd) => void {
  const before = recordIn(recorder.folder);
  return (end) => {
    if (recordIn(recorder.folder) === before) recordUnseenEnd(recorder, end);
  };
}

/** Writes `failure.json` for a process that ended without its result and not by request, where the folder holds a plan. */
export function recordUnseenEnd(recorder: AttemptRecorder, end: ProcessEnd): void {
  const { folder, output } = recorder;
  if (end.exitCode === exitCodes.done || end.exitCode === exitCodes.checkpointed) return;
  const plan = join(folder, planFileName);
  if (!exists(plan) || exists(join(folder, resultFileName))) return;
  write(folder, output, () => unseenDraft(recorder, readPlan(plan), end));
}

/** The bytes of the record of the last failure; null where there is none that can be read. */
function recordIn(folder: string): string | null {
  const path = join(folder, failureFileName);
  try {
    return exists(path) ? readInput(path, 'the record of the last failure').toString('latin1') : null;
  } catch {
    return null;
  }
}

/** The error that ended the cell matters more than one of its record. */
function write(folder: string, output: Output, draft: () => ResultDraft): void {
  try {
    writeResult(folder, draft());
  } catch (unwritten) {
    output.write(`The end of this cell could not be recorded: ${endOf(unwritten).message}\n`);
  }
}
