/**
 * @file Exclusive work on an unfinished file: of many processes that want it one makes it and the others wait; what a killed one left
 * is taken up by the next.
 *
 * Beside `path`, `<path>.part` is work that nobody does at present and `<path>.part-<host>-<pid>` is the work of that process. Taking
 * it up is a rename, which only one process can win; finishing it is a rename to `path`. Two processes that begin in the same instant
 * may both do the work: each writes a file of its own, and the file that is finished last replaces an equal one.
 */
import { closeSync, existsSync, mkdirSync, openSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { move, namesIn, remove } from './files.ts';
import { isRunning } from './running.ts';
import { asWriteError } from './system-error.ts';
import type { Clock } from '../core/clock.ts';
import { systemCode } from '../core/errors.ts';

export interface Claim {
  /** The unfinished file, this process's own. May hold what an earlier process left. Touch it at least once a minute. */
  readonly path: string;
  /** The work is done: the file gets its name. */
  finish(): void;
  /** The work stops here: whoever comes next goes on from what there is. */
  release(): void;
  /** What there is is worth nothing: it is removed. */
  discard(): void;
}

export interface ClaimOptions {
  readonly clock: Clock;
  /** Told once, when another process is at work already; the name says which. */
  readonly onWait?: (owner: string) => void;
  /** Milliseconds between looks at the work of another process. */
  readonly pollMs?: number;
}

/** Work whose file has not been touched for so long is taken up, even if a process of that number exists: numbers are used again. */
const abandonedMs = 600_000;

const host = hostname().replace(/[^A-Za-z0-9.]/g, '_');

/**
 * Waits until the file is finished or its work is this process's own.
 * @returns undefined when `path` exists
 * @throws DataError when the folder cannot be written
 */
export async function claimUnfinished(path: string, options: ClaimOptions): Promise<Claim | undefined> {
  let announced = false;
  for (;;) {
    if (existsSync(path)) return undefined;
    const parts = unfinished(path);
    const busy = parts.find((part) => isAtWork(path, part, options.clock));
    if (busy !== undefined) {
      if (!announced) options.onWait?.(ownerOf(path, busy));
      announced = true;
      await setTimeout(options.pollMs ?? 500);
      continue;
    }
    const own = `${path}.part-${host}-${process.pid}`;
    if (begin(path, own, parts, options.clock)) return claimOf(path, own);
    await setTimeout(options.pollMs ?? 500);
  }
}

function begin(path: string, own: string, parts: readonly string[], clock: Clock): boolean {
  try {
    const [largest, ...others] = [...parts].sort((a, b) => statSync(b).size - statSync(a).size);
    if (largest === undefined) {
      mkdirSync(dirname(path), { recursive: true });
      closeSync(openSync(own, 'wx'));
      return true;
    }
    if (largest !== own) renameSync(largest, own);
    utimesSync(own, clock.date(), clock.date());
    for (const other of others) rmSync(other, { force: true });
    return true;
  } catch (thrown) {
    // Another process was faster at taking up what was left.
    if (systemCode(thrown) === 'ENOENT' && existsSync(dirname(path))) return false;
    throw asWriteError(path, thrown);
  }
}

function claimOf(path: string, own: string): Claim {
  return {
    path: own,
    finish: () => move(own, path),
    release: () => {
      if (existsSync(own)) move(own, `${path}.part`);
    },
    discard: () => remove(own),
  };
}

/** The unfinished files beside `path`. */
function unfinished(path: string): string[] {
  const folder = dirname(path);
  if (!existsSync(folder)) return [];
  const prefix = `${basename(path)}.part`;
  return namesIn(folder)
    .filter((name) => name === prefix || name.startsWith(`${prefix}-`))
    .map((name) => join(folder, name));
}

function isAtWork(path: string, part: string, clock: Clock): boolean {
  if (part === `${path}.part`) return false;
  const owner = ownerOf(path, part);
  const pid = Number(owner.slice(owner.lastIndexOf('-') + 1));
  if (owner === `${host}-${process.pid}`) return false;
  if (owner.startsWith(`${host}-`) && !isRunning(pid)) return false;
  try {
    return clock.date().getTime() - statSync(part).mtimeMs < abandonedMs;
  } catch {
    return false;
  }
}

function ownerOf(path: string, part: string): string {
  return part.slice(`${path}.part-`.length);
}
