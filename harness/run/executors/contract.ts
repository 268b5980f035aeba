/** @file Contract of executors: one repeatable command per cell, exit codes, files. */
import type { Device } from '../../core/device.ts';
import type { ExitCode } from '../../core/errors.ts';
import { shellLine } from '../../core/shell.ts';
import type { Output } from '../../system/progress.ts';

/** A cell as executors see it. Its command goes on where the last attempt stopped, and does nothing when the cell has its result. */
export interface CellProcess {
  /** Of the cell, for messages: `shapes-ict seed 0`. */
  readonly name: string;
  readonly folder: string;
  /** Program and arguments. */
  readonly command: readonly [string, ...string[]];
}

/** The command that repeats a cell by itself. */
export function commandOfCell({ folder }: Pick<CellProcess, 'folder'>): string {
  return shellLine(['npm', 'run', 'cell', '--', folder]);
}

export interface CellEnd {
  readonly name: string;
  readonly exitCode: number;
}

/** What a cluster is told of the cells of a run. */
export interface ClusterOptions {
  readonly runFolder: string;
  readonly device: Device;
  /** Cells at once; without it as many as the cluster starts. */
  readonly jobs?: number;
  /** Processes of each cell, one per GPU; absent: one. */
  readonly ranks?: number;
  readonly retries: number;
  /** Options of sbatch. */
  readonly cluster: readonly string[];
  /** Root of the checkout. */
  readonly checkout: string;
  readonly output: Output;
}

/** `after a pause`: what was missing may come back. `at once`: it was asked to make way. `never`: it would end the same way. */
export type StartAgain = 'never' | 'after a pause' | 'at once';

const startsAgain: Readonly<Record<ExitCode, StartAgain>> = {
  0: 'never',
  1: 'never',
  65: 'never',
  69: 'never',
  70: 'never',
  75: 'after a pause',
  85: 'at once',
};

/** Whether a command that ended with any exit code is given again: those that are not the harness's own are failures of the program. */
export function startAgain(exitCode: number): StartAgain {
  return (startsAgain as Readonly<Record<number, StartAgain>>)[exitCode] ?? startsAgain[1];
}

/** Times that a cell is started again after a passing failure, if nothing else is said. */
export const usualRetries = 3;

/** Exit codes after which the same command is given again, or never. */
export function exitCodesWith(again: StartAgain): number[] {
  return Object.entries(startsAgain)
    .filter(([, when]) => when === again)
    .map(([code]) => Number(code));
}
