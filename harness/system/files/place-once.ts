/**
 * @file Renames a finished file to its final name once: exactly one of several processes succeeds.
 *
 * No half-written file is ever seen under that name.
 *
 * A hard link does both in one call. File systems without hard links (object stores that are mounted, exFAT) have a claim in its place:
 * whoever creates `<path>.claim-1` may look whether `path` is free, rename the file to it, and remove the claim. A claim whose process has
 * died stays, and the next number is tried: a claim is never taken from its owner, so that no two processes hold one at a time.
 */
import { diskOf } from '../disk.ts';
import { hostname } from 'node:os';
import { DataError, described, systemCode } from '../../core/errors.ts';
import { isRunning } from '../process/running.ts';

const { closeSync, existsSync, linkSync, openSync, readFileSync, renameSync, rmSync, writeSync } =
  diskOf('files/place-once');

/** Looks at the claim of another process, and how long each is waited for; a claim is held for as long as a rename takes. */
const looks = 100;
const lookMs = 50;

/**
 * Moves the finished file `temporary` to `path`, which must not exist.
 * @param link the system's own; another one in tests
 * @returns false when `path` exists; `temporary` is gone in either case
 * @throws what the system refuses, and DataError when another process claims `path` and does not come to an end
 */
export function placeOnce(temporary: string, path: string, link: typeof linkSync = linkSync): boolean {
  try {
    link(temporary, path);
  } catch (thrown) {
    const code = systemCode(thrown);
    if (code === undefined) throw thrown;
    // EPERM, ENOTSUP, ENOSYS, EMLINK, EXDEV ...: each system has its own answer where it makes no link.
    if (code !== 'EEXIST') return placeUnderClaim(temporary, path);
    rmSync(temporary);
    return false;
  }
  rmSync(temporary);
  return true;
}

function placeUnderClaim(temporary: string, path: string): boolean {
  const { own, dead } = claim(path);
  try {
    const isFree = !existsSync(path);
    if (isFree) renameSync(temporary, path);
    else rmSync(temporary);
    // Whoever comes later finds `path`, so that the claims of the dead have done their part.
    for (const one of dead) rmSync(one, { force: true });
    return isFree;
  } finally {
    rmSync(own, { force: true });
  }
}

function claim(path: string): { readonly own: string; readonly dead: readonly string[] } {
  const dead: string[] = [];
  for (let look = 0; look < looks;) {
    const own = `${path}.claim-${dead.length + 1}`;
    if (create(own)) return { own, dead };
    if (isDead(own)) dead.push(own);
    else {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, lookMs);
      look += 1;
    }
  }
  throw new DataError({
    where: path,
    got: described(`a claim of another process, ${path}.claim-${dead.length + 1}`),
    expected: 'to be the only one that writes this file',
    remedy: 'Remove that claim if no other process is at work in this folder, and start again: finished work is kept',
  });
}

function create(path: string): boolean {
  let file: number;
  try {
    file = openSync(path, 'wx');
  } catch (thrown) {
    if (systemCode(thrown) === 'EEXIST') return false;
    throw thrown;
  }
  try {
    writeSync(file, `${process.pid} ${hostname()}`);
  } finally {
    closeSync(file);
  }
  return true;
}

/** Whether the owner of a claim ran on this host and does so no more; of other hosts nothing is known. */
function isDead(path: string): boolean {
  let owner: string;
  try {
    owner = readFileSync(path, 'utf8');
  } catch {
    return false;
  }
  const [, pid, host] = /^(\d+) (.*)$/s.exec(owner) ?? [];
  return host === hostname() && !isRunning(Number(pid));
}
