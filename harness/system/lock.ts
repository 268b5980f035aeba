/**
 * @file A lock that processes of one or of several hosts can share: a folder on the shared disk that names its owner, who shows signs of life.
 *
 * The folder appears by a rename, with its owner in it, so that of many processes one succeeds and no lock is without an owner. An owner
 * on this host is dead when no such process exists. An owner elsewhere is dead when its sign of life (the time of the owner file) does
 * not change for `staleMs` of the waiting process's own clock, so that hosts need not agree on the time. A dead owner's folder is
 * renamed to a name made of its token: this can succeed only once per owner, so that no waiting process, however late, can take the
 * lock of a living one for that of a dead.
 */
import { randomUUID } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { asWriteError } from './system-error.ts';
import type { Clock } from '../core/clock.ts';
import { EngineError, described, systemCode } from '../core/errors.ts';

export interface LockOwner {
  readonly host: string;
  readonly pid: number;
  /** Which processes that number means: one start of one kernel and one container. */
  readonly processes: string;
  /** When the process began, in the kernel's ticks: numbers are used again. */
  readonly started: string;
  readonly token: string;
}

export interface LockOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Told once per owner that is waited for. */
  readonly onWait?: (owner: LockOwner) => void;
  /** Told once per owner that died. */
  readonly onTakeOver?: (owner: LockOwner) => void;
  readonly pollMs?: number;
  readonly heartbeatMs?: number;
  /** Above the longest time for which a network file system may show an old file time (60 s by default on NFS). */
  readonly staleMs?: number;
}

export interface Lock {
  /** Aborted when the lock is no longer this process's own: it was suspended for so long that another took over. */
  readonly lost: AbortSignal;
  release(): void;
}

/** Folders that a process left while it took or gave back the lock are removed when they are older than this. */
const leftOverMs = 3_600_000;

/**
 * Waits until the lock is this process's own.
 * @throws the signal's reason when it is aborted, DataError when the folder cannot be written
 */
export async function acquireLock(path: string, options: LockOptions): Promise<Lock> {
  const owner = thisProcess();
  let watched: { readonly sign: string; readonly since: number } | undefined;
  let announced = '';
  for (;;) {
    options.signal.throwIfAborted();
    const present = lockAt(path);
    if (!present) {
      if (take(path, owner)) return held(path, owner, options);
      continue;
    }
    const now = options.clock.now();
    if (watched?.sign !== present.sign) watched = { sign: present.sign, since: now };
    const dead = isHere(present.owner) ? !isRunning(present.owner) : now - watched.since > (options.staleMs ?? 120_000);
    if (dead && bury(path, present.owner)) {
      options.onTakeOver?.(present.owner);
      continue;
    }
    if (!dead && announced !== present.owner.token) options.onWait?.(present.owner);
    announced = present.owner.token;
    await pause(options.pollMs ?? 300, undefined, { signal: options.signal }).catch(() => undefined);
  }
}

interface Present {
  readonly owner: LockOwner;
  /** Changes as long as the owner lives. */
  readonly sign: string;
}

function lockAt(path: string): Present | undefined {
  const file = join(path, 'owner.json');
  if (!existsSync(path)) return undefined;
  try {
    const owner = JSON.parse(readFileSync(file, 'utf8')) as LockOwner;
    return { owner, sign: `${owner.token} ${statSync(file).mtimeMs}` };
  } catch (thrown) {
    const folder = statSync(path, { throwIfNoEntry: false });
    if (!folder) return undefined;
    if (!(thrown instanceof SyntaxError) && systemCode(thrown) !== 'ENOENT') throw asWriteError(path, thrown);
    // The power failed before the owner reached the disk: nobody will show signs of life.
    const token = `unreadable-${folder.mtimeMs}`;
    return { owner: { host: 'an unknown host', pid: 0, processes: '', started: '', token }, sign: token };
  }
}

function take(path: string, owner: LockOwner): boolean {
  const own = `${path}.new-${owner.token}`;
  let begun = false;
  try {
    mkdirSync(own, { recursive: true });
    begun = true;
    writeFileSync(join(own, 'owner.json'), JSON.stringify(owner));
    renameSync(own, path);
    removeLeftOvers(path);
    return true;
  } catch (thrown) {
    if (begun) rmSync(own, { recursive: true, force: true });
    if (['EEXIST', 'ENOTEMPTY'].includes(systemCode(thrown) ?? '')) return false;
    throw asWriteError(path, thrown);
  }
}

function held(path: string, owner: LockOwner, options: LockOptions): Lock {
  const lost = new AbortController();
  const isOwn = () => lockAt(path)?.owner.token === owner.token;
  const beat = setInterval(() => {
    try {
      if (!isOwn()) throw lostLock(path);
      const now = options.clock.date();
      utimesSync(join(path, 'owner.json'), now, now);
    } catch (thrown) {
      clearInterval(beat);
      lost.abort(systemCode(thrown) === 'ENOENT' ? lostLock(path) : thrown);
    }
  }, options.heartbeatMs ?? 5_000);
  beat.unref();
  return {
    lost: lost.signal,
    release: () => {
      clearInterval(beat);
      if (!isOwn()) return;
      const away = `${path}.done-${owner.token}`;
      renameSync(path, away);
      rmSync(away, { recursive: true, force: true });
    },
  };
}

/** Moves a dead owner's lock away; of several processes that want to, one succeeds. */
function bury(path: string, owner: LockOwner): boolean {
  try {
    renameSync(path, `${path}.dead-${owner.token}`);
    return true;
  } catch (thrown) {
    if (['EEXIST', 'ENOTEMPTY', 'ENOENT'].includes(systemCode(thrown) ?? '')) return false;
    throw asWriteError(path, thrown);
  }
}

function removeLeftOvers(path: string): void {
  const now = statSync(join(path, 'owner.json')).mtimeMs;
  for (const name of readdirSync(dirname(path))) {
    const folder = join(dirname(path), name);
    if (!name.startsWith(`${basename(path)}.`)) continue;
    if (now - (statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? now) > leftOverMs)
      rmSync(folder, { recursive: true, force: true });
  }
}

function thisProcess(): LockOwner {
  return {
    host: hostname(),
    pid: process.pid,
    processes: processTable(),
    started: startOf(process.pid) ?? '',
    token: randomUUID(),
  };
}

function isHere(owner: LockOwner): boolean {
  return owner.processes !== '' && owner.processes === processTable();
}

function isRunning(owner: LockOwner): boolean {
  return startOf(owner.pid) === owner.started;
}

/** Two containers of one host, or one host before and after a restart, use the same process numbers for different processes. */
function processTable(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return '';
  }
}

/** Field 22 of /proc/<pid>/stat, counted after the name, which may hold spaces; undefined for a process that does not run. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' ? undefined : fields[18];
  } catch {
    return undefined;
  }
}

function lostLock(path: string): EngineError {
  return new EngineError({
    where: path,
    got: described('the lock of another process'),
    expected: "this process's own lock (was it suspended for minutes?)",
    remedy: 'Start again',
  });
}
