/** @file One process at a time works on a cell: a second one is told who does, and a killed one is taken over from. */
import { join } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import { DataError, described, exitCodes } from '../../core/errors.ts';
import { isTemporaryName } from '../../system/files/atomic-file.ts';
import { filesBelow, remove } from '../../system/files/files.ts';
import { lockOwner, tryLock, type Lock, type LockOwner } from '../../system/lock.ts';
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
  for (const path of filesBelow(folder)) if (isTemporaryName(path)) remove(path);
  return taken;
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
