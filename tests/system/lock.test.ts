/** @file The lock of folders, files and cells: one owner at a time, whatever dies, on one host and on several. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../harness/core/clock.ts';
import { DataError } from '../../harness/core/errors.ts';
import {
  acquireLock,
  lockOwner,
  removeOwner,
  tryLock,
  type Lock,
  type LockOptions,
  type LockOwner,
} from '../../harness/system/lock.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lock-'));
  path = join(folder, 'install.lock');
});
afterEach(() => rmSync(folder, { recursive: true }));

const acquire = (options: Partial<LockOptions> = {}): Promise<Lock> =>
  acquireLock(path, { clock: systemClock, signal: new AbortController().signal, pollMs: 10, ...options });

/** A lock as a process of another host would have left it. */
function foreignLock(token: string): void {
  const owner = { host: 'elsewhere', pid: process.pid, processes: 'another kernel', started: '1', since: '' };
  mkdirSync(path);
  writeFileSync(join(path, token), JSON.stringify(owner));
}

/** The file of the owner. */
const ownerFile = () => join(path, readdirSync(path)[0]!);
const owner = () => JSON.parse(readFileSync(ownerFile(), 'utf8')) as LockOwner;

const count = (args: readonly string[]) =>
  spawn(process.execPath, ['--import', 'tsx', 'tests/system/processes/counter.ts', ...args], {
    stdio: 'inherit',
  });

describe('the lock', () => {
  test('names its owner, and is gone when it is given back', async () => {
    const lock = await acquire();
    expect(owner().pid).toBe(process.pid);
    lock.release();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('makes a second wait, telling once for whom', async () => {
    const told: number[] = [];
    const first = await acquire();
    const second = acquire({ onWait: ({ pid }) => told.push(pid) });
    await pause(100);
    expect(told).toEqual([process.pid]);
    first.release();
    (await second).release();
  });

  test('is waited for until the waiting is aborted', async () => {
    const lock = await acquire();
    const stop = new AbortController();
    const waiting = acquire({ signal: stop.signal });
    const reason = new Error('enough');
    setTimeout(() => stop.abort(reason), 50);
    await expect(waiting).rejects.toBe(reason);
    lock.release();
  });

  test('cannot be taken where nothing can be written', async () => {
    writeFileSync(join(folder, 'file'), '');
    path = join(folder, 'file', 'install.lock');
    const thrown: unknown = await acquire().catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(DataError);
    expect((thrown as DataError).message).toBe(
      `${path}: got a path through ${dirname(path)}, which is no folder, expected a folder to write into. Move that file away, or name another folder with --runs or --out.`,
    );
  });
});

describe('an owner that is dead', () => {
  test('on this host is seen at once', async () => {
    writeFileSync(join(folder, 'number'), '0');
    const child = count([path, join(folder, 'number'), '1', 'dies']);
    await once(child, 'close');
    expect(existsSync(path)).toBe(true);
    const told: (number | undefined)[] = [];
    const lock = await acquire({ staleMs: 1e9, onTakeOver: ({ pid }) => told.push(pid) });
    expect(told).toEqual([child.pid]);
    lock.release();
  });

  test('on this host is seen although its number belongs to another process by now', async () => {
    const lock = await acquire();
    const earlier = { ...owner(), started: '1' };
    lock.release();
    mkdirSync(path);
    writeFileSync(join(path, 'old'), JSON.stringify(earlier));
    (await acquire({ staleMs: 1e9 })).release();
  });

  test('elsewhere is seen when it shows no sign of life for so long', async () => {
    foreignLock('a');
    const before = performance.now();
    const lock = await acquire({ staleMs: 300 });
    expect(performance.now() - before).toBeGreaterThanOrEqual(300);
    lock.release();
  });

  test('elsewhere is not seen in one that shows signs of life, whatever its clock says', async () => {
    foreignLock('a');
    const stop = new AbortController();
    let looks = 0;
    // Each look is 300 ms after the one before, and the owner has shown a sign in between.
    const now = (): number => {
      looks += 1;
      utimesSync(join(path, 'a'), looks, looks);
      if (looks === 10) stop.abort(new Error('still waiting'));
      return 300 * looks;
    };
    const waiting = acquire({ staleMs: 400, signal: stop.signal, clock: { now, date: () => systemClock.date() } });
    await expect(waiting).rejects.toThrow('still waiting');
    expect(owner().host).toBe('elsewhere');
  });

  test('whose name never reached the disk is seen like one elsewhere', async () => {
    mkdirSync(path);
    writeFileSync(join(path, 'cut-off'), '');
    (await acquire({ staleMs: 100 })).release();
  });

  test('is buried once: a late observer cannot bury its successor', async () => {
    foreignLock('a');
    const lock = await acquire({ staleMs: 100 });
    // What an observer does that was suspended when it had found `a` dead.
    expect(removeOwner(path, 'a')).toBe(false);
    expect(owner().pid).toBe(process.pid);
    expect(lock.lost.aborted).toBe(false);
    lock.release();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('leaves nothing beside the lock', async () => {
    foreignLock('a');
    const lock = await acquire({ staleMs: 100 });
    expect(readdirSync(folder)).toEqual(['install.lock']);
    lock.release();
  });

  test('that was buried half is gone: an empty folder is nobody’s lock', async () => {
    mkdirSync(path);
    (await acquire({ staleMs: 1e9 })).release();
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('the lock that is tried', () => {
  const attempt = (options: Partial<LockOptions> = {}) => tryLock(path, { clock: systemClock, ...options });

  test('is taken, or says who has it, since when', () => {
    const before = new Date().toISOString();
    const lock = attempt() as Lock;
    const other = attempt() as LockOwner;
    expect(other).toMatchObject({ host: hostname(), pid: process.pid });
    expect(other.since >= before).toBe(true);
    expect(lockOwner(path, { clock: systemClock })).toEqual(other);
    lock.release();
    expect(lockOwner(path, { clock: systemClock })).toBeUndefined();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('is taken from a process of this host that was killed, and this is told', async () => {
    writeFileSync(join(folder, 'number'), '0');
    const child = count([path, join(folder, 'number'), '1', 'dies']);
    await once(child, 'close');
    expect(lockOwner(path, { clock: systemClock })).toBeUndefined();
    const told: number[] = [];
    const lock = attempt({ onTakeOver: ({ pid }) => told.push(pid) }) as Lock;
    expect(told).toEqual([child.pid]);
    lock.release();
  });

  test('is taken from an owner elsewhere only when its last sign of life is long ago', () => {
    foreignLock('a');
    expect(attempt()).toMatchObject({ host: 'elsewhere' });
    const longAgo = Date.now() / 1000 - 3_700;
    utimesSync(join(path, 'a'), longAgo, longAgo);
    (attempt() as Lock).release();
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('an owner that lives', () => {
  test('shows signs of life', async () => {
    const lock = await acquire({ heartbeatMs: 20 });
    utimesSync(ownerFile(), 1, 1);
    await pause(200);
    const waiting = acquire({ staleMs: 0 });
    lock.release();
    (await waiting).release();
  });

  test('is told when another took the lock, and does not give back what is not its own', async () => {
    const lock = await acquire({ heartbeatMs: 20 });
    rmSync(path, { recursive: true });
    foreignLock('successor');
    await once(lock.lost, 'abort');
    expect((lock.lost.reason as Error).message).toBe(
      `${path}: got the lock of another process, expected this process's own lock (was it suspended for minutes?). Start again.`,
    );
    lock.release();
    expect(existsSync(path)).toBe(true);
  });
});

test('five processes that count under it, two of which die with it, lose no count', async () => {
  const file = join(folder, 'number');
  writeFileSync(file, '0');
  const children = [20, 20, 20, 1, 1].map((times, i) => count([path, file, String(times), ...(i > 2 ? ['dies'] : [])]));
  await Promise.all(children.map((child) => once(child, 'close')));
  expect(readFileSync(file, 'utf8')).toBe('62');
});
