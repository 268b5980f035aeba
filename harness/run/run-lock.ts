/** @file Lock of a run: a second `reproduce` follows the first and takes over when it ends. */
import { join } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { acquireLock, lockOwner, type Lock, type LockOwner } from '../system/lock.ts';
import type { Output } from '../system/progress.ts';

/** Waits until no other process works on the run, and says which one it follows. @throws DataError when the folder cannot be written */
export function lockRun(
  folder: string,
  { clock, output }: { readonly clock: Clock; readonly output: Output },
): Promise<Lock> {
  return acquireLock(lockPath(folder), {
    clock,
    signal: new AbortController().signal,
    onWait: ({ pid, host, since }) =>
      output.write(
        `${folder}: process ${pid} on ${host} has been at work on this run since ${since}; following it, going on when it ends\n`,
      ),
    onTakeOver: ({ pid, host }) =>
      output.write(`${folder}: process ${pid} on ${host} ended half-way; going on in its place\n`),
  });
}

/** The process that starts the cells of the run now. */
export function runOwner(folder: string, clock: Clock): LockOwner | undefined {
  return lockOwner(lockPath(folder), { clock });
}

function lockPath(folder: string): string {
  return join(folder, 'run.lock');
}
