/**
 * @file Lock between processes of one or several hosts: a folder on a shared disk.
 *
 * It holds the owner, who shows signs of life.
 *
 * The folder appears by a rename with its owner in it, so that of many processes one succeeds and no lock is without an owner. An owner on
 * this host is dead when no such process exists. An owner elsewhere is dead when its sign of life (the time of its file) does not change
 * for so long. The owner's file is named by its token: taking the lock of a dead owner removes that one file and then a folder that is
 * empty, so that no process, however late, can take the lock of a living owner for that of a dead one.
 */
import { diskOf } from './disk.ts';
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { asWriteError } from './files/system-error.ts';
import type { Clock } from '../core/clock.ts';
import { EngineError, described, systemCode } from '../core/errors.ts';

const {
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  rmdirSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} = diskOf('lock');

export interface LockOwner {
  readonly host: string;
  readonly pid: number;
  /** Which processes that number means: one start of one kernel and one container. */
  readonly processes: string;
  /** When the process began, in the kernel's ticks: numbers are used again. */
  readonly started: string;
  /** When it took the lock, by its own clock: ISO 8601. */
  readonly since: string;
}

interface HeldOptions {
  readonly clock: Clock;
  /** Told once per owner that died. */
  readonly onTakeOver?: (owner: LockOwner) => void;
  readonly heartbeatMs?: number;
  /** Without a sign of life for so long an owner elsewhere is dead. */
  readonly staleMs?: number;
}

export interface LockOptions extends HeldOptions {
  readonly signal: AbortSignal;
  /** Told once per owner that is waited for. */
  readonly onWait?: (owner: LockOwner) => void;
  readonly pollMs?: number;
}

export interface Lock {
  /** Aborted when the lock is no longer this process's own: it was suspended for so long that another took over. */
  readonly lost: AbortSignal;
  release(): void;
}

/** Folders that a process left while it took the lock are removed when they are older than this. */
const leftOverMs = 3_600_000;

/**
 * Waits until the lock is this process's own. Signs of life are timed by this process's own clock, so that hosts need not agree on the time;
 * `staleMs` is above the longest time for which a network file system may show an old file time (60 s by default on NFS).
 * @throws the signal's reason when it is aborted, DataError when the folder cannot be written
 */
export async function acquireLock(path: string, options: LockOptions): Promise<Lock> {
  const { clock, signal, staleMs = 120_000 } = options;
  let watched: { readonly sign: string; readonly since: number } | undefined;
  let announced = '';
  for (;;) {
    signal.throwIfAborted();
    const present = lockAt(path);
    if (!present) {
      const lock = take(path, options);
      if (lock) return lock;
      continue;
    }
    const now = clock.now();
    if (watched?.sign !== present.sign) watched = { sign: present.sign, since: now };
    const dead = isHere(present.owner) ? !isRunning(present.owner) : now - watched.since > staleMs;
    if (dead) {
      bury(path, present, options);
      continue;
    }
    if (announced !== present.file) options.onWait?.(present.owner);
    announced = present.file;
    await pause(options.pollMs ?? 300, undefined, { signal }).catch(() => undefined);
  }
}

/**
 * Takes the lock or says at once who has it. There is no time to watch an owner elsewhere: its last sign of life is compared with this
 * host's calendar, so that `staleMs` must be above the error of clocks and the longest time for which an owner is too busy for a sign.
 * @throws DataError when the folder cannot be written
 */
export function tryLock(path: string, options: HeldOptions): Lock | LockOwner {
  for (;;) {
    const present = lockAt(path);
    if (present && !isDead(present, options)) return present.owner;
    if (present) bury(path, present, options);
    const lock = take(path, options);
    if (lock) return lock;
  }
}

/** The living owner of the lock; nothing is changed. */
export function lockOwner(path: string, options: Pick<HeldOptions, 'clock' | 'staleMs'>): LockOwner | undefined {
  const present = lockAt(path);
  return present && !isDead(present, options) ? present.owner : undefined;
}

interface Present {
  readonly owner: LockOwner;
  /** Name of its file in the lock's folder. */
  readonly file: string;
  /** Changes as long as the owner lives. */
  readonly sign: string;
  readonly lastSignMs: number;
}

function lockAt(path: string): Present | undefined {
  try {
    const file = readdirSync(path).find((name) => !name.startsWith('.'));
    // Its owner is just giving it back.
    if (file === undefined) return undefined;
    const lastSignMs = statSync(join(path, file)).mtimeMs;
    return { owner: ownerIn(join(path, file)), file, sign: `${file} ${lastSignMs}`, lastSignMs };
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return undefined;
    throw asWriteError(path, thrown);
  }
}

function ownerIn(file: string): LockOwner {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as LockOwner;
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError)) throw thrown;
    // The power failed before the owner reached the disk: nobody will show signs of life.
    return { host: 'an unknown host', pid: 0, processes: '', started: '', since: '' };
  }
}

function isDead(
  { owner, lastSignMs }: Present,
  { clock, staleMs = 3_600_000 }: Pick<HeldOptions, 'clock' | 'staleMs'>,
) {
  return isHere(owner) ? !isRunning(owner) : clock.date().getTime() - lastSignMs > staleMs;
}

/** Makes the lock this process's own, unless another is faster. */
function take(path: string, options: HeldOptions): Lock | undefined {
  const token = randomUUID();
  const own = `${path}.new-${token}`;
  let begun = false;
  try {
    mkdirSync(own, { recursive: true });
    begun = true;
    writeFileSync(join(own, token), JSON.stringify(thisProcess(options.clock)));
    // Some file systems rename a folder over no other, even an empty one.
    removeEmpty(path);
    renameSync(own, path);
    removeLeftOvers(path, token);
    return held(path, token, options);
  } catch (thrown) {
    if (begun) rmSync(own, { recursive: true, force: true });
    if (['EEXIST', 'ENOTEMPTY'].includes(systemCode(thrown) ?? '')) return undefined;
    throw asWriteError(path, thrown);
  }
}

function held(path: string, token: string, options: HeldOptions): Lock {
  const lost = new AbortController();
  const beat = setInterval(() => {
    try {
      const now = options.clock.date();
      utimesSync(join(path, token), now, now);
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
      removeOwner(path, token);
    },
  };
}

function bury(path: string, { owner, file }: Present, options: HeldOptions): void {
  if (removeOwner(path, file)) options.onTakeOver?.(owner);
}

/** Ends the lock of one owner, and of no other. @returns whether it was this call that did */
export function removeOwner(path: string, file: string): boolean {
  try {
    unlinkSync(join(path, file));
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return false;
    throw asWriteError(path, thrown);
  }
  removeEmpty(path);
  return true;
}

function removeEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch (thrown) {
    if (!['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(systemCode(thrown) ?? '')) throw asWriteError(path, thrown);
  }
}

function removeLeftOvers(path: string, token: string): void {
  const now = statSync(join(path, token)).mtimeMs;
  for (const name of readdirSync(dirname(path))) {
    const folder = join(dirname(path), name);
    if (!name.startsWith(`${basename(path)}.`)) continue;
    if (now - (statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? now) > leftOverMs)
      rmSync(folder, { recursive: true, force: true });
  }
}

function thisProcess(clock: Clock): LockOwner {
  return {
    host: hostname(),
    pid: process.pid,
    processes: processTable(),
    started: startOf(process.pid) ?? '',
    since: clock.date().toISOString(),
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
