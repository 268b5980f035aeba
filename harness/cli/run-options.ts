/** @file Options that say how the cells of a run are run: where, how many at once, how often again. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import { UsageError } from '../core/errors.ts';
import { usualRetries } from '../run/executors/contract.ts';
import type { ExecuteOptions } from '../run/executors/execute.ts';
import { positive, whole } from './numbers.ts';

/** What these options give; further draws are an option of the run. */
export type RunOptions = Omit<ExecuteOptions, 'redraws'>;

/** Adds the options by which cells are run. */
export function withRunOptions(command: Command, executors: readonly string[]): Command {
  return command
    .addOption(new Option('--executor <name>', 'what runs the cells').choices(executors).default('local'))
    .option('--jobs <n>', 'cells at once (default: one per GPU; one on a CPU; as many as a cluster starts)', positive)
    .option('--share-gpu', 'use GPUs that other processes use too')
    .option('--retries <n>', 'further attempts at a cell after a passing failure', whole, usualRetries)
    .option('--wedged-after <minutes>', 'end a cell that shows no sign of life for so long', positive, 60)
    .option('--cluster <options>', "options of sbatch, such as '--partition=gpu --time=12:00:00'", switches)
    .option('--watch', 'wait until the cluster has run every cell, then report')
    .option('--image <name>', 'rendered: container image with Node.js, Python and pip (default: node:22-bookworm)')
    .option('--claim <name>', 'rendered: Kubernetes claim of the volume with this checkout (default: consistency)')
    .option('--accelerator <name>', 'rendered: what the cloud calls the GPU (default: H100)');
}

/**
 * Cells that another machine runs have a device that cannot be looked at here.
 * @throws UsageError when `auto` is left to decide
 */
export function requireNamedDevice(executor: string, device: string): void {
  if (executor === 'local' || device !== 'auto') return;
  throw new UsageError({
    where: '--device',
    got: device,
    expected: `cpu or gpu with --executor ${executor}, since the cells run on other machines than this one`,
    remedy: 'Add --device gpu, or --device cpu',
  });
}

function switches(text: string): string[] {
  const words = text.split(/\s+/).filter((word) => word !== '');
  if (words.length === 0 || words.some((word) => !/^--[a-z]/.test(word)))
    throw new InvalidArgumentError(
      "Expected options such as '--partition=gpu --time=12:00:00', each with its value behind =.",
    );
  return words;
}
