/**
 * @file Adds one to a number in a file, so many times, each time under the lock and so slowly that two at once would lose counts.
 * With a fourth argument it stops with the lock held, as if it had been killed.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../../../harness/core/clock.ts';
import { acquireLock } from '../../../harness/system/lock.ts';

const [lockPath, file, times, dies] = process.argv.slice(2) as [string, string, string, string?];
const { signal } = new AbortController();
for (let i = 0; i < Number(times); i++) {
  const lock = await acquireLock(lockPath, { clock: systemClock, signal, pollMs: 5 });
  const before = Number(readFileSync(file, 'utf8'));
  await pause(5);
  writeFileSync(file, String(before + 1));
  if (dies) process.kill(process.pid, 'SIGKILL');
  lock.release();
}
