/**
 * @file Grants one process exclusive work on an unfinished file, while others wait.
 *
 * The next process takes up what a killed one left.
 *
 * Beside `path`, `<path>.lock` is the lock under which the file is made, `<path>.part` is work that nobody does at present and
 * `<path>.part-<host>-<pid>` is the work of that process. Finishing is a rename to `path`.
 */
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import { exists, isFolder, move, namesIn, remove, sizeOf } from '../files/files.ts';
import { acquireLock, type Lock } from '../lock.ts';
import { createFile } from '../files/open-file.ts';

export interface Claim {
  /** The unfinished file, this process's own. May hold what an earlier process left. */
  readonly path: string;
  /** The work is done: the file gets its name. @throws EngineError when another process has taken over meanwhile */
  finish(): void;
  /** The work stops here: whoever comes next goes on from what there is. */
  release(): void;
  /** What there is is worth nothing: it is removed. */
  discard(): void;
}

export interface ClaimOptions {
  readonly clock: Clock;
  /** Told once, when another process is at work already: `4711 on host`. */
  readonly onWait?: (owner: string) => void;
  /** Milliseconds between looks at the work of another process. */
  readonly pollMs?: number;
}

const host = hostname().replace(/[^A-Za-z0-9.]/g, '_');

/**
 * Waits until the file is finished or its work is this process's own.
 * @returns undefined when `path` exists
 * @throws DataError when the folder cannot be written
 */
export async function claimUnfinished(path: string, options: ClaimOptions): Promise<Claim | undefined> {
  if (exists(path)) return undefined;
  const { clock, onWait, pollMs } = options;
  const lock = await acquireLock(`${path}.lock`, {
    clock,
    signal: new AbortController().signal,
    onWait: ({ pid, host: where }) => onWait?.(`${pid} on ${where}`),
    ...(pollMs !== undefined && { pollMs }),
  });
  try {
    if (!exists(path)) return claimOf(path, begin(path), lock);
  } catch (thrown) {
    lock.release();
    throw thrown;
  }
  lock.release();
  return undefined;
}

/** Takes up the largest of what earlier processes left. */
function begin(path: string): string {
  const own = `${path}.part-${host}-${process.pid}`;
  const [largest, ...others] = leftOf(path).sort((a, b) => sizeOf(b) - sizeOf(a));
  if (largest === undefined) createFile(own).close();
  else if (largest !== own) move(largest, own);
  others.forEach((other) => remove(other));
  return own;
}

function claimOf(path: string, own: string, lock: Lock): Claim {
  return {
    path: own,
    finish: () => {
      lock.lost.throwIfAborted();
      move(own, path);
      lock.release();
    },
    release: () => {
      if (exists(own)) move(own, `${path}.part`);
      lock.release();
    },
    discard: () => {
      remove(own);
      lock.release();
    },
  };
}

function leftOf(path: string): string[] {
  const folder = dirname(path);
  if (!isFolder(folder)) return [];
  const part = `${basename(path)}.part`;
  return namesIn(folder)
    .filter((name) => name === part || name.startsWith(`${part}-`))
    .map((name) => join(folder, name));
}
