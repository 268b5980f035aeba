/**
 * @file Takes the lock under which one process changes the engine's folder; handles stop signals.
 *
 * Work that is stopped leaves nothing unfinished.
 */
import { namesIn } from '../../system/files/files.ts';
import { join } from 'node:path';
import { writableCacheFolder } from '../../system/cache-folder.ts';
import { systemClock, type Clock } from '../../core/clock.ts';
import { CheckpointedExit } from '../../core/errors.ts';
import type { Output } from '../../system/progress.ts';
import type { InstallContext } from './context.ts';
import { acquireLock, type LockOptions } from '../../system/lock.ts';
import { removeUnfinished } from '../../system/files/staging.ts';

export interface ExclusiveOptions {
  readonly environment?: NodeJS.ProcessEnv;
  readonly clock?: Clock;
  /** Stops the work as Ctrl-C does. */
  readonly signal?: AbortSignal;
  readonly lock?: Pick<LockOptions, 'pollMs' | 'heartbeatMs' | 'staleMs'>;
}

/** Not SIGHUP: a process under nohup ignores it, and a handler would undo that. */
const stopSignals = ['SIGINT', 'SIGTERM'] as const;

/**
 * Runs `work` as the only one that changes `<cache>/engine`, of all processes on all hosts that share it.
 * @throws CheckpointedExit (exit code 85) on Ctrl-C or SIGTERM: children are killed, unfinished files removed, finished ones kept
 */
export async function exclusively<T>(
  options: ExclusiveOptions,
  output: Output,
  work: (context: InstallContext) => Promise<T>,
): Promise<T> {
  const environment = options.environment ?? process.env;
  const clock = options.clock ?? systemClock;
  const root = writableCacheFolder('engine', environment);
  const stop = new AbortController();
  const onSignal = (name: NodeJS.Signals) => stop.abort(stopped(name));
  for (const name of stopSignals) process.once(name, onSignal);
  const wanted = AbortSignal.any([stop.signal, ...(options.signal ? [options.signal] : [])]);
  try {
    const lock = await acquireLock(join(root, 'install.lock'), {
      ...options.lock,
      clock,
      signal: wanted,
      onWait: ({ pid, host }) =>
        output.write(`engine: waiting for process ${pid} on ${host}, which is installing into ${root}\n`),
      onTakeOver: ({ pid, host }) =>
        output.write(`engine: process ${pid} on ${host} ended half-way; going on in its place\n`),
    });
    try {
      removeLeftOvers(root);
      return await work({ root, output, clock, environment, signal: AbortSignal.any([wanted, lock.lost]) });
    } finally {
      lock.release();
    }
  } finally {
    for (const name of stopSignals) process.off(name, onSignal);
  }
}

function removeLeftOvers(root: string): void {
  removeUnfinished(root);
  for (const name of namesIn(root)) removeUnfinished(join(root, name, 'addons'));
}

function stopped(name: string): CheckpointedExit {
  return new CheckpointedExit(
    `engine: the installation was stopped (${name}). Finished downloads are kept: start again to go on.`,
  );
}
