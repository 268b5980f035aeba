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
export function commandOfCell({ folder }: CellProcess): string {
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
  readonly retries: number;
  /** Options of sbatch. */
  readonly cluster: readonly string[];
  /** Root of the checkout. */
  readonly checkout: string;
  readonly output: Output;
}

/** What each end of a cell's process means, and whether the same command is given again. */
export interface EndMeaning {
  readonly meaning: string;
  /** `after a pause`: what was missing may come back. `at once`: it was asked to make way. `never`: it would end the same way. */
  readonly again: 'never' | 'after a pause' | 'at once';
}

const endMeanings: Readonly<Record<ExitCode, EndMeaning>> = {
  0: { meaning: 'done', again: 'never' },
  1: { meaning: 'the program failed', again: 'never' },
  65: { meaning: 'bad input', again: 'never' },
  69: { meaning: 'no such device', again: 'never' },
  70: { meaning: 'a value was not finite', again: 'never' },
  75: { meaning: 'a passing failure', again: 'after a pause' },
  85: { meaning: 'stopped as asked', again: 'at once' },
};

/** The meaning of any exit code: those that are not the harness's own are failures of the program. */
export function endMeaning(exitCode: number): EndMeaning {
  return (endMeanings as Readonly<Record<number, EndMeaning>>)[exitCode] ?? endMeanings[1];
}

/** Times that a cell is started again after a passing failure, if nothing else is said. */
export const usualRetries = 3;

/** Exit codes after which the same command is given again, or never. */
export function exitCodesWith(again: EndMeaning['again']): number[] {
  return Object.entries(endMeanings)
    .filter(([, end]) => end.again === again)
    .map(([code]) => Number(code));
}
