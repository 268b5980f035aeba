/** @file Status of runs in every condition, read from the files that cells leave; time left in closed form. */
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../harness/core/clock.ts';
import { cellsByVersion, requireWholeRun } from '../../harness/results/run.ts';
import { readRun } from '../../harness/results/run.ts';
import { recordKill, type AttemptEvent } from '../../harness/run/cell/attempts.ts';
import { lockRun } from '../../harness/run/run-lock.ts';
import { statusOf, statusText } from '../../harness/run/status.ts';
import { tryLock, type Lock } from '../../harness/system/lock.ts';
import { silence } from '../../harness/system/progress.ts';
import { writeFixtureRun } from '../report/fixture/run.ts';

let run: string;

const ended = (cell: string, event: AttemptEvent) => {
  mkdirSync(join(run, cell), { recursive: true });
  appendFileSync(join(run, cell, 'attempts.jsonl'), `${JSON.stringify(event)}\n`);
};
const begin = { event: 'begin', at: '2026-01-01T00:00:00.000Z', host: 'node7', pid: 4711 } as const;
const end = (exitCode: number, why: string | null) => ({ event: 'end', at: '', exitCode, why }) as const;
const trained = (cell: string, step: number, trainSeconds: number) =>
  appendFileSync(
    join(run, cell, 'events.jsonl'),
    `${JSON.stringify({ event: 'train', step, images: 0, loss: 1, gradientNorm: 1, levels: 2, trainSeconds })}\n`,
  );

/** What became of the first cell, CT with seed 0, of a run in which it has left no result. */
const first = () => statusOf(run, systemClock).cells[0]!;

beforeEach(() => {
  run = join(mkdtempSync(join(tmpdir(), 'status-')), 'shapes-twin');
  const spoiled = {
    'shapes-ct-seed0': 'missing',
    'shapes-ct-seed1': 'diverged',
    'shapes-ict-seed1': 'failed',
  } as const;
  writeFixtureRun(run, { seeds: [0, 1], spoiled, gridImages: 8 });
});

describe('statusOf', () => {
  it('tells finished, diverged, failed and missing cells apart', () => {
    const { cells, counts } = statusOf(run, systemClock);
    expect(cells.map(({ cell, condition, class: kind }) => [cell, condition, kind])).toEqual([
      ['shapes-ct-seed0', 'missing', null],
      ['shapes-ict-seed0', 'done', null],
      ['shapes-ct-seed1', 'diverged', null],
      ['shapes-ict-seed1', 'failed', 'the program failed'],
    ]);
    expect(counts).toEqual({
      ...{ planned: 0, running: 0, done: 1, failed: 1, diverged: 1, killed: 0, stopped: 0, missing: 1 },
    });
  });

  it('takes a cell that has not begun for planned while a process works on the run, or a scheduler will begin it', async () => {
    const lock = await lockRun(run, { clock: systemClock, output: silence });
    expect(first().condition).toBe('planned');
    lock.release();
    expect(first().condition).toBe('missing');
    expect(
      statusOf(run, systemClock, (cell) => (cell === 'shapes-ct-seed0' ? 'waits' : null)).cells[0]!.condition,
    ).toBe('planned');
  });

  it.each([
    [[begin], 'killed', null, 'process 4711 on node7 is gone'],
    [[begin, end(85, 'Stopped at step 3')], 'stopped', null, ''],
    [[begin, end(65, 'plan.json: got 1')], 'failed', 'bad input', 'plan.json: got 1'],
    [[begin, end(75, 'no network')], 'failed', 'a passing failure', 'no network'],
    [[begin, end(69, 'no GPU')], 'failed', 'no such device', 'no GPU'],
    [[begin, end(85, ''), begin], 'killed', null, 'process 4711 on node7 is gone'],
  ] as const)('reads from its attempts (%j) how it ended: %s', (events, condition, kind, note) => {
    for (const event of events) ended('shapes-ct-seed0', event);
    expect(first()).toMatchObject({ condition, class: kind, note });
  });

  it('says that a cell was killed, and why, when its starter saw it', () => {
    ended('shapes-ct-seed0', begin);
    recordKill(join(run, 'shapes-ct-seed0'), systemClock, 'wedged', 'no sign of life for 1 h 00 min: ended');
    expect(first()).toMatchObject({ condition: 'killed', note: 'no sign of life for 1 h 00 min: ended' });
  });

  it('says which process runs a cell, what it is doing, and how long it still takes', () => {
    const folder = join(run, 'shapes-ct-seed0');
    ended('shapes-ct-seed0', begin);
    const lock = tryLock(join(folder, 'cell.lock'), { clock: systemClock }) as Lock;
    const beat = { host: hostname(), pid: process.pid, beats: 3, at: '', doing: 'shapes-ct seed 0: 16 of 64 images' };
    writeFileSync(join(folder, 'heartbeat.json'), JSON.stringify(beat));
    trained('shapes-ct-seed0', 10, 5);
    const { steps, ...cell } = first();
    lock.release();
    expect(cell).toEqual({
      cell: 'shapes-ct-seed0',
      condition: 'running',
      class: null,
      note: `process ${process.pid} on ${hostname()}: shapes-ct seed 0: 16 of 64 images`,
      step: 10,
      secondsLeft: (steps! - 10) * 0.5,
    });
  });

  it('takes a cell for killed that a scheduler no longer has, although its lock looks alive', () => {
    ended('shapes-ct-seed0', begin);
    const lock = tryLock(join(run, 'shapes-ct-seed0', 'cell.lock'), { clock: systemClock }) as Lock;
    expect(statusOf(run, systemClock, () => 'runs').cells[0]!.condition).toBe('running');
    expect(statusOf(run, systemClock, () => 'gone').cells[0]!.condition).toBe('killed');
    lock.release();
  });

  it('takes for a cell that has not begun the time of finished ones of its recipe', () => {
    rmSync(join(run, 'shapes-ct-seed1'), { recursive: true });
    const other = join(run, 'shapes-ict-seed1');
    rmSync(join(other, 'failure.json'));
    // Of the fixture: programSeconds = 0.16 * steps + 75.5 + 2 * seed, here of seed 0.
    const { cells, secondsLeft } = statusOf(run, systemClock);
    const steps = cells[1]!.steps!;
    expect(cells[3]!.secondsLeft).toBeCloseTo(0.16 * steps + 75.5, 9);
    // No cell of CT has finished or begun: its time is not known, nor that of the whole.
    expect([cells[0]!.secondsLeft, secondsLeft]).toEqual([null, null]);
  });

  it('names versions of the code and their cells where there is more than one', () => {
    expect(statusText(statusOf(run, systemClock))).not.toContain('versions of the code');
    const { ledger, ...rest } = readRun(run);
    const two = ledger.map((row) =>
      row.cell === 'shapes-ict-seed1' && row.result
        ? {
            ...row,
            result: { ...row.result, provenance: { ...row.result.provenance, commit: 'b'.repeat(40), dirty: true } },
          }
        : row,
    );
    const versions = [...cellsByVersion({ ...rest, ledger: two })].map(([version, cells]) => ({ version, cells }));
    const [first] = versions;
    expect(statusText({ ...statusOf(run, systemClock), versions })).toContain(
      `\nResults of 2 versions of the code: ${first!.version} (shapes-ict-seed0, shapes-ct-seed1); commit bbbbbbbbbbbb, changed (shapes-ict-seed1)\n`,
    );
  });

  it('prints one line per cell and one of counts', () => {
    ended('shapes-ct-seed0', begin);
    trained('shapes-ct-seed0', 10, 5);
    const { steps, secondsLeft } = first();
    expect(secondsLeft).toBe((steps! - 10) / 2);
    const lines = statusText(statusOf(run, systemClock)).split('\n');
    expect(lines[0]).toMatch(
      new RegExp(`^shapes-ct-seed0   killed, step 10 of ${steps}, about .* left, process 4711 on node7 is gone$`),
    );
    expect(lines[1]).toBe('shapes-ict-seed0  done');
    expect(lines.at(-1)).toMatch(/^shapes-twin: of 4 cells 1 done, 1 failed, 1 diverged, 1 killed; about .* left$/);
  });
});

describe('npm run status', () => {
  const status = (...args: string[]) => {
    const script = resolve(import.meta.dirname, '../../scripts/runs/status.ts');
    return execa(process.execPath, ['--import', import.meta.resolve('tsx'), script, ...args], { reject: false });
  };

  it('prints the same as a document', async () => {
    const { stdout } = await status(run, '--json');
    expect(JSON.parse(stdout)).toEqual(statusOf(run, systemClock));
  });

  it('refuses a folder that is no run in one line', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'no-run-'));
    const { exitCode, stderr } = await status(folder);
    expect(stderr).toBe(
      `${join(folder, 'registration.json')}: got no file, expected the registration of a run. Name a folder below runs/ or reports/ that a run has written.`,
    );
    expect(exitCode).toBe(65);
  });
});

describe('requireWholeRun', () => {
  it('names the cells over which a headline would be silent', () => {
    expect(() => requireWholeRun(readRun(run))).toThrow(
      'got 1 of 4 planned cells finished, expected all of them, also shapes-ct-seed0 (missing), shapes-ct-seed1 (diverged: loss at step 1600: got NaN, expected a finite number. Replay it from shapes-ct-seed1.), shapes-ict-seed1 (failed, the program failed: the process was killed by SIGKILL). ',
    );
  });
});

describe('lockRun', () => {
  it('follows the process that works on the run, says which, and goes on when it ends', async () => {
    const first = await lockRun(run, { clock: systemClock, output: silence });
    const lines: string[] = [];
    let told: () => void;
    const waiting = new Promise<void>((resolve) => (told = resolve));
    const output = {
      isTerminal: false,
      write: (text: string) => {
        lines.push(text);
        told();
      },
    };
    const second = lockRun(run, { clock: systemClock, output });
    await waiting;
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(
      new RegExp(
        `process ${process.pid} on .* has been at work on this run since .*; following it, going on when it ends\\n$`,
      ),
    );
    first.release();
    (await second).release();
  });
});
