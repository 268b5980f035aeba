/** @file Runs cells as child processes on this machine, one after the other: a cell has the whole device. */
import { execa } from 'execa';
import type { Clock } from '../core/clock.ts';
import { CheckpointedExit, exitCodes } from '../core/errors.ts';
import { requireFreeCell } from './cell/cell-lock.ts';

export interface CellProcess {
  /** Of the cell, for messages: `shapes-ict seed 0`. */
  readonly name: string;
  readonly folder: string;
  /** Program and arguments. */
  readonly command: readonly [string, ...string[]];
}

export interface CellEnd {
  readonly name: string;
  readonly exitCode: number;
}

/**
 * Runs the cells in order. A cell that fails does not keep the others from running; a request to stop does.
 * @param onSignal registers what must happen when this process is asked to stop: the signal is passed on to the cell's process group
 * @throws CheckpointedExit when a cell stopped because it was asked to, DataError (exit code 75) when another process works on one: it
 *   has the device
 */
export async function runCellsLocally(
  cells: readonly CellProcess[],
  onSignal: (forward: (signal: NodeJS.Signals) => void) => () => void,
  clock: Clock,
): Promise<CellEnd[]> {
  const ends: CellEnd[] = [];
  for (const cell of cells) {
    const exitCode = await runOne(cell, onSignal);
    if (exitCode === exitCodes.transient) requireFreeCell(cell.folder, clock);
    if (exitCode === exitCodes.checkpointed) throw new CheckpointedExit(`${cell.name} stopped as asked`);
    ends.push({ name: cell.name, exitCode });
  }
  return ends;
}

async function runOne(
  { command: [program, ...args] }: CellProcess,
  onSignal: (forward: (signal: NodeJS.Signals) => void) => () => void,
): Promise<number> {
  // A group of its own: nothing that the cell starts outlives it, and Ctrl-C reaches it through us alone.
  const child = execa(program, args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: true,
    cleanup: true,
    reject: false,
  });
  const group = child.pid;
  const release = onSignal((signal) => {
    if (group !== undefined) process.kill(-group, signal);
  });
  try {
    // A cell that was killed has no exit code.
    return (await child).exitCode ?? exitCodes.failed;
  } finally {
    release();
  }
}
