/** @file Records a cell that ended by an error, so that a run counts it and a reader learns why. */
import { CheckpointedExit, DivergenceError, EngineError, HarnessError, exitCodes } from '../../core/errors.ts';
import { writeResult } from '../../results/store.ts';
import { endedDraft } from './draft.ts';
import { withMemoryAdvice } from './memory-advice.ts';
import type { Cell } from './open-cell.ts';

/**
 * Writes what became of the cell, and returns the error to be thrown: with advice where memory ran out, else unchanged. A stop that was
 * asked for and input that a person must mend leave no record: the cell is as it was.
 */
export function recordedEnd(cell: Cell, thrown: unknown): unknown {
  const error = withMemoryAdvice(cell.plan, thrown);
  const status = statusOf(error);
  if (!status) return error;
  const exitCode = error instanceof HarnessError ? error.exitCode : exitCodes.failed;
  try {
    writeResult(cell.folder, endedDraft(cell, status, { message: firstLine(error), exitCode }));
  } catch (unwritten) {
    cell.output.write(`The end of this cell could not be recorded: ${firstLine(unwritten)}\n`);
  }
  return error;
}

/** `diverged`: a value was not finite; `failed`: the engine or the program failed. */
function statusOf(error: unknown): 'diverged' | 'failed' | null {
  if (error instanceof DivergenceError) return 'diverged';
  if (error instanceof CheckpointedExit) return null;
  return error instanceof HarnessError && !(error instanceof EngineError) ? null : 'failed';
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.trim() === '' ? 'an error without a message' : text.trim().split('\n')[0]!;
}
