/**
 * @file Locks a cell for one process; the lock of a killed process is taken over.
 *
 * A second process is told who holds it.
 */
import { join } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import { DataError, described, exitCodes } from '../../core/errors.ts';
import { isTemporaryName } from '../../system/files/atomic-file.ts';
import { filesBelow, remove } from '../../system/files/files.ts';
import { acquireLock, lockOwner, tryLock, type Lock, type LockOwner } from '../../system/lock.ts';
import type { Output } from '../../system/progress.ts';

/**
 * Makes the cell this process's own; what a killed process had half written is removed.
 * @throws DataError (exit code 75) that says which process is at work on it
 */
export function lockCell(folder: string, { clock, output }: { readonly clock: Clock; readonly output: Output }): Lock {
  const taken = tryLock(lockPath(folder), {
    clock,
    onTakeOver: ({ pid, host }) =>
      output.write(`${folder}: process ${pid} on ${host} ended half-way; going on in its place\n`),
  });
  if (!('release' in taken)) throw busy(folder, taken);
  removeHalfWritten(folder);
  return taken;
}

/**
 * The same, but waits while another process is at work on the cell. One on another machine is taken for dead after an hour without a sign,
 * since a single operation may keep it too busy for one.
 */
export async function awaitCell(folder: string, { clock, output }: { readonly clock: Clock; readonly output: Output }) {
  const lock = await acquireLock(lockPath(folder), {
    clock,
    signal: new AbortController().signal,
    staleMs: 3_600_000,
    onWait: ({ pid, host }) =>
      output.write(`${folder}: waiting for process ${pid} on ${host}, which is at work on it\n`),
  });
  removeHalfWritten(folder);
  return lock;
}

function removeHalfWritten(folder: string): void {
  for (const path of filesBelow(folder)) if (isTemporaryName(path)) remove(path);
}

/** The process that is at work on the cell; nothing is changed. */
export function cellOwner(folder: string, clock: Clock): LockOwner | undefined {
  return lockOwner(lockPath(folder), { clock });
}

function lockPath(folder: string): string {
  return join(folder, 'cell.lock');
}

function busy(folder: string, { pid, host, since }: LockOwner): DataError {
  return new DataError(
    {
      where: folder,
      got: described(`a cell on which process ${pid} on ${host} has been at work since ${since}`),
      expected: 'one on which no other process is at work',
      remedy: `Wait for that process, or give a run of your own another name with --name; if it is gone, remove ${lockPath(folder)}`,
    },
    { exitCode: exitCodes.transient },
  );
}
