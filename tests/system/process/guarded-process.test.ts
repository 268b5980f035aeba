/** @file Guarded processes: what they said, how they ended, and that nothing of them is left when this process ends. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runGuarded, type Ended } from '../../../harness/system/process/guarded-process.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'guarded-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const shell = (script: string, signal = new AbortController().signal): Promise<Ended> =>
  runGuarded(['/bin/sh', '-c', script, 'sh', folder], { environment: { PATH: process.env.PATH, WORD: 'hi' }, signal });

/** A process that writes its number, then starts a child that writes its own: both then wait. */
const family = 'echo $$ > "$1/parent"; sh -c "echo \\$\\$ > $1/child; sleep 60; :"; :';

async function numbersOf(): Promise<number[]> {
  const read = (name: string) => (existsSync(join(folder, name)) ? Number(readFileSync(join(folder, name))) : 0);
  while (read('parent') === 0 || read('child') === 0) await pause(20);
  return [read('parent'), read('child')];
}

async function allEnded(numbers: readonly number[]): Promise<boolean> {
  for (let tries = 0; tries < 250; tries++) {
    if (numbers.every((one) => !existsSync(`/proc/${one}`))) return true;
    await pause(20);
  }
  return false;
}

describe('a guarded process', () => {
  test('is told its environment, has no input, and its two outputs are kept apart', async () => {
    const ended = await shell('cat; echo $WORD; echo oh >&2; exit 3');
    expect(ended).toEqual({ code: 3, signal: undefined, output: 'hi\n', errors: 'oh\n' });
  });

  test('that is ended by a signal names it', async () => {
    expect(await shell('kill -ILL $$')).toMatchObject({ code: 132, signal: 'SIGILL' });
  });

  test('that does not exist ends with 127', async () => {
    const { signal } = new AbortController();
    const ended = await runGuarded(['/no/such/program'], { environment: process.env, signal });
    expect(ended.code).toBe(127);
  });

  test('shows its output as it comes', async () => {
    const pieces: string[] = [];
    const { signal } = new AbortController();
    const command = ['/bin/sh', '-c', 'echo one; sleep 0.3; echo two'];
    await runGuarded(command, { environment: process.env, signal, onOutput: (text) => pieces.push(text) });
    expect(pieces).toEqual(['one\n', 'two\n']);
  });

  test('is killed with all that it started when it is aborted, and the reason is thrown', async () => {
    const stop = new AbortController();
    const reason = new Error('enough');
    const ended = shell(family, stop.signal);
    const numbers = await numbersOf();
    stop.abort(reason);
    await expect(ended).rejects.toBe(reason);
    expect(await allEnded(numbers)).toBe(true);
  });

  test('does not begin when it is aborted before', async () => {
    const reason = new Error('enough');
    await expect(shell('touch "$1/begun"', AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(existsSync(join(folder, 'begun'))).toBe(false);
  });
});

test.each(['SIGKILL', 'SIGTERM'] as const)('nothing of it outlives a process ended by %s', async (signal) => {
  const script = 'tests/system/processes/guarded.ts';
  const child = spawn(process.execPath, ['--import', 'tsx', script, '/bin/sh', '-c', family, 'sh', folder]);
  const numbers = await numbersOf();
  child.kill(signal);
  await once(child, 'close');
  expect(await allEnded(numbers)).toBe(true);
});
