/** @file Cells as processes, with small programs in their place: order, exit codes, further attempts, wedged cells, requests to stop. */
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { systemClock, type Clock } from '../../../harness/core/clock.ts';
import { readAttempts } from '../../../harness/run/cell/attempts.ts';
import { writePlan } from '../../../harness/plan/plan-file.ts';
import { readOutcome } from '../../../harness/results/store.ts';
import type { CellProcess } from '../../../harness/run/executors/contract.ts';
import { runCellsLocally, type LocalOptions } from '../../../harness/run/executors/local.ts';
import { writeJsonAtomically } from '../../../harness/system/files/atomic-file.ts';
import { planOf } from '../../plan/fixtures.ts';
import { tryLock, type Lock } from '../../../harness/system/lock.ts';

let root: string;
let lines: string[];
let send: (signal: NodeJS.Signals) => void;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'local-'));
  lines = [];
});

/** A cell whose process runs this script; `fs` is there, and it stands in its folder. */
function cell(name: string, script: string): CellProcess {
  const folder = join(root, name);
  const begin = `const fs = require('node:fs'); fs.mkdirSync(${JSON.stringify(folder)}, { recursive: true }); process.chdir(${JSON.stringify(folder)});`;
  return { name, folder, command: [process.execPath, '-e', begin + script] };
}

function run(cells: readonly CellProcess[], options: Partial<LocalOptions> = {}) {
  return runCellsLocally(cells, {
    places: [{ environment: process.env }],
    onSignal: (forward) => {
      send = forward;
      return () => undefined;
    },
    checkout: process.cwd(),
    clock: systemClock,
    output: { isTerminal: false, write: (text) => void lines.push(text) },
    pausesMs: [5],
    pollMs: 5,
    ...options,
  });
}

/** The time that passes, and hours more when the test says so. */
class JumpingClock implements Clock {
  private ahead = 0;
  jump(milliseconds: number): void {
    this.ahead += milliseconds;
  }
  now(): number {
    return systemClock.now() + this.ahead;
  }
  date(): Date {
    return systemClock.date();
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Ends with each code in turn, one per attempt. */
const endsWith = (codes: readonly number[]) =>
  `fs.appendFileSync('tries', 'x'); process.exit([${codes.join(',')}][fs.readFileSync('tries').length - 1] ?? 99);`;

const tries = (name: string) => readFileSync(join(root, name, 'tries')).length;

describe('runCellsLocally', () => {
  it('runs cells in order and goes on after one that fails', async () => {
    const ends = await run([cell('a', "console.log('first')"), cell('b', 'process.exit(65)'), cell('c', '')]);
    expect(ends).toEqual([
      { name: 'a', exitCode: 0 },
      { name: 'b', exitCode: 65 },
      { name: 'c', exitCode: 0 },
    ]);
    expect(lines).toEqual(['first\n']);
  });

  it('leaves on a terminal no row of what goes on, and every line that stays', async () => {
    const passing = 'a: 16 of 640 images, 7.5 images/s, 1 min 23 s left, loss 14.2';
    const output = { isTerminal: true, write: (text: string) => void lines.push(text) };
    await run([cell('a', `console.log('${passing}'); console.log('a: 640 of 640 images in 9.3 s')`)], { output });
    expect(lines).toEqual(['a: 640 of 640 images in 9.3 s\n', '']);
    expect(readFileSync(join(root, 'a', 'cell.log'), 'utf8')).toContain(passing);
  });

  it('keeps what each cell prints in a log of its own, one attempt after the other', async () => {
    const script = `process.stdout.write('to the end'); console.error('from stderr'); ${endsWith([75, 0])}`;
    await run([cell('a', script)]);
    expect(readFileSync(join(root, 'a', 'cell.log'), 'utf8')).toBe('to the endfrom stderr\n'.repeat(2));
  });

  it('starts a cell again after a passing failure, up to so many times', async () => {
    expect(await run([cell('a', endsWith([75, 75, 0]))])).toEqual([{ name: 'a', exitCode: 0 }]);
    expect(tries('a')).toBe(3);
    expect(lines[0]).toBe('a: a passing failure; started again in 0.0 s (further attempt 1 of 3)\n');
    expect(await run([cell('b', endsWith([75, 75, 75, 0]))], { retries: 2 })).toEqual([{ name: 'b', exitCode: 75 }]);
    expect(tries('b')).toBe(3);
  });

  it.each([1, 65, 69, 70])('never starts a cell again that ended with %d', async (code) => {
    expect(await run([cell('a', endsWith([code, 0]))])).toEqual([{ name: 'a', exitCode: code }]);
    expect(tries('a')).toBe(1);
  });

  it('runs another cell while one waits for its further attempt', async () => {
    const order = `fs.appendFileSync('../order', process.cwd().slice(-1));`;
    await run([cell('a', order + endsWith([75, 0])), cell('b', order)], { pausesMs: [50] });
    expect(readFileSync(join(root, 'order'), 'utf8')).toBe('aba');
  });

  it('ends a cell that shows no sign of life, says so, and starts it again', async () => {
    const script = `fs.appendFileSync('tries', 'x'); if (fs.readFileSync('tries').length === 1) setInterval(() => {}, 1000);`;
    const clock = new JumpingClock();
    const running = run([cell('a', script)], { wedgedAfterMs: 3_600_000, clock });
    await until(() => existsSync(join(root, 'a', 'tries')));
    clock.jump(3_600_001);
    expect(await running).toEqual([{ name: 'a', exitCode: 0 }]);
    expect(lines).toEqual([
      'a: no sign of life for 1 h 00 min: ended; started again in 0.0 s (further attempt 1 of 3)\n',
    ]);
    expect(readAttempts(join(root, 'a'))).toMatchObject([
      { event: 'killed', by: 'wedged', why: 'no sign of life for 1 h 00 min: ended' },
    ]);
  });

  it('leaves a slow cell alone as long as it shows signs of life', async () => {
    const script = `fs.writeFileSync('ready', ''); setInterval(() => { if (fs.existsSync('go')) process.exit(0); }, 10);`;
    const clock = new JumpingClock();
    const running = run([cell('a', script)], { wedgedAfterMs: 3_600_000, clock });
    await until(() => existsSync(join(root, 'a', 'ready')));
    for (let beats = 1; beats <= 3; beats++) {
      writeJsonAtomically(join(root, 'a', 'heartbeat.json'), { host: 'h', pid: 1, beats, at: '', doing: 'work' });
      clock.jump(2_000_000);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    writeFileSync(join(root, 'a', 'go'), '');
    expect(await running).toEqual([{ name: 'a', exitCode: 0 }]);
  });

  it('names the signal that killed a cell, keeps it on record, and does not start it again', async () => {
    const ends = await run([cell('a', `process.kill(process.pid, 'SIGKILL'); setInterval(() => {}, 1000);`)]);
    expect(ends).toEqual([{ name: 'a', exitCode: 1 }]);
    const why = 'killed by SIGKILL (the system kills so when memory runs out)';
    expect(lines).toEqual([`a: ${why}\n`]);
    expect(readAttempts(join(root, 'a'))).toMatchObject([{ event: 'killed', by: 'signal', why }]);
  });

  it.each([
    ['killed', `process.kill(process.pid, 'SIGKILL'); setInterval(() => {}, 1000);`, 1, /^killed by SIGKILL/],
    ['without a word', 'process.exit(134);', 134, /^the program failed \(exit code 134\): see cell\.log$/],
    [
      'said so',
      `fs.writeFileSync('attempts.jsonl', JSON.stringify({ event: 'end', exitCode: 69, why: 'no GPU' }) + '\\n'); process.exit(69);`,
      69,
      /^no GPU$/,
    ],
  ])('leaves the reason why a cell ended, step and exit code: %s', async (_, script, exitCode, message) => {
    const folder = join(root, 'a');
    writePlan(join(folder, 'plan.json'), planOf());
    const train = { event: 'train', step: 4, images: 32, loss: 1, gradientNorm: 1, levels: 2, trainSeconds: 6 };
    writeFileSync(join(folder, 'events.jsonl'), `${JSON.stringify(train)}\n`);
    await run([cell('a', script)]);
    expect(readOutcome(folder)).toMatchObject({
      status: 'failed',
      failure: { step: 4, exitCode },
      progress: { steps: 4 },
      time: { trainSeconds: 6, programSeconds: 6 },
      machine: { tensorflow: 'unknown' },
    });
    expect(readOutcome(folder)!.failure!.message).toMatch(message);
  });

  it('leaves a result and the record of the cell itself as they are', async () => {
    const folder = join(root, 'a');
    writePlan(join(folder, 'plan.json'), planOf());
    await run([cell('a', `fs.writeFileSync('failure.json', 'its own'); process.exit(1);`)]);
    expect(readFileSync(join(folder, 'failure.json'), 'utf8')).toBe('its own');
    await run([cell('a', `fs.rmSync('failure.json'); fs.writeFileSync('result.json', 'diverged'); process.exit(70);`)]);
    expect(existsSync(join(folder, 'failure.json'))).toBe(false);
  });

  it('runs as many cells at once as there are places, each with the variables of its place', async () => {
    // Each waits for the other: one after the other they would never end.
    const meet = (other: string) =>
      `fs.writeFileSync('here', process.env.CUDA_VISIBLE_DEVICES); const t = setInterval(() => { if (fs.existsSync('../${other}/here')) { clearInterval(t); console.log('met'); } }, 10);`;
    const places = ['GPU-0', 'GPU-1'].map((id) => ({ environment: { ...process.env, CUDA_VISIBLE_DEVICES: id } }));
    const ends = await run([cell('a', meet('b')), cell('b', meet('a'))], { places: [places[0]!, places[1]!] });
    expect(ends.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    const here = ['a', 'b'].map((name) => readFileSync(join(root, name, 'here'), 'utf8'));
    expect(here.sort()).toEqual(['GPU-0', 'GPU-1']);
    expect(lines.sort()).toEqual(['[a] met\n', '[b] met\n']);
  });

  it('passes a request to stop on to the cell, starts no other, and throws when it has stopped', async () => {
    const script = `process.on('SIGINT', () => process.exit(85)); fs.writeFileSync('ready', ''); setInterval(() => {}, 1000);`;
    const running = run([cell('a', script), cell('b', '')]);
    await until(() => existsSync(join(root, 'a', 'ready')));
    send('SIGINT');
    await expect(running).rejects.toThrow('stopped as asked');
    expect(existsSync(join(root, 'b'))).toBe(false);
  });

  it('stops at once while a cell waits for its further attempt', async () => {
    const running = run([cell('a', endsWith([75, 0]))], { pausesMs: [3_600_000] });
    await until(() => lines.length > 0);
    send('SIGTERM');
    await expect(running).rejects.toThrow('stopped as asked');
    expect(tries('a')).toBe(1);
  });

  it('waits for another process that is at work on a cell, says which, and does not count that as a failure', async () => {
    const script = `fs.appendFileSync('tries', 'x'); process.exit(fs.existsSync('cell.lock') ? 75 : 0);`;
    const busy = cell('a', script);
    const lock = tryLock(join(busy.folder, 'cell.lock'), { clock: systemClock }) as Lock;
    // One: the other process may end between the end of ours and the look at its lock.
    const running = run([busy], { retries: 1 });
    await until(() => existsSync(join(busy.folder, 'tries')) && tries('a') > 4);
    lock.release();
    expect(await running).toEqual([{ name: 'a', exitCode: 0 }]);
    expect(lines[0]).toMatch(
      new RegExp(`^a: process ${process.pid} on .* has been at work on it since .*; waiting for it\n$`),
    );
  });
});
