/** @file Options that say how the cells of a run are run: where, how many at once, how often again. */
import type { Command } from 'commander';
import { positive, whole } from './numbers.ts';

export interface RunOptions {
  readonly jobs?: number;
  readonly shareGpu?: true;
  readonly retries: number;
  /** Minutes. */
  readonly wedgedAfter: number;
}

/** Adds the options by which cells are run. */
export function withRunOptions(command: Command): Command {
  return command
    .option('--jobs <n>', 'cells at once (default: one per GPU; one on a CPU)', positive)
    .option('--share-gpu', 'use GPUs that other processes use too')
    .option('--retries <n>', 'further attempts at a cell after a passing failure', whole, 3)
    .option('--wedged-after <minutes>', 'end a cell that shows no sign of life for so long', positive, 60);
}
