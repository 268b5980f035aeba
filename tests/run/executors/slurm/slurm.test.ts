/** @file Cells on a real Slurm cluster of one machine, with small programs in the place of cells; skipped where Slurm is missing. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../../harness/core/clock.ts';
import type { CellProcess } from '../../../../harness/run/executors/contract.ts';
import { writePlan } from '../../../../harness/plan/plan-file.ts';
import { readOutcome } from '../../../../harness/results/store.ts';
import { runCellsOnSlurm, statesOf, type SlurmOptions } from '../../../../harness/run/executors/slurm/slurm.ts';
import { planOf } from '../../../plan/fixtures.ts';
import { missingForSlurm, startLoopback, type Loopback } from './loopback.ts';

// eslint-disable-next-line no-console -- whoever reads the log learns what was not tried
if (missingForSlurm !== undefined) console.log(`Slurm is not driven here: there is no ${missingForSlurm}`);

let run: string;
let lines: string[];

beforeEach(() => {
  run = mkdtempSync(join(tmpdir(), 'run-'));
  lines = [];
});

/** A cell whose process runs this script; it stands in its folder and records its attempts as cells do. */
function cell(name: string, script: string): CellProcess {
  const folder = join(run, name);
  mkdirSync(folder);
  const begin = `
    const fs = require('node:fs'); const folder = ${JSON.stringify(folder)};
    process.chdir(folder);
    const record = (event) => fs.appendFileSync('attempts.jsonl', JSON.stringify(event) + '\\n');
    const end = (exitCode) => { record({ event: 'end', at: '', exitCode, why: null }); process.exit(exitCode); };
    record({ event: 'begin', at: '', host: 'h', pid: process.pid });
    const attempt = fs.readFileSync('attempts.jsonl', 'utf8').split('begin').length - 1;
    console.log('attempt', attempt, 'gpu', process.env.CUDA_VISIBLE_DEVICES);`;
  return { name, folder, command: [process.execPath, '-e', begin + script] };
}

const log = (name: string) => readFileSync(join(run, name, 'cell.log'), 'utf8');

function start(cells: readonly CellProcess[], options: Partial<SlurmOptions> = {}) {
  return runCellsOnSlurm(cells, {
    runFolder: run,
    checkout: process.cwd(),
    device: 'cpu',
    retries: 3,
    cluster: [],
    watch: true,
    clock: systemClock,
    output: { isTerminal: false, write: (text) => void lines.push(text) },
    environment: process.env,
    pollMs: 200,
    ...options,
  });
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 100));
}

describe.skipIf(missingForSlurm !== undefined)('runCellsOnSlurm', () => {
  let slurm: Loopback;
  beforeAll(() => void (slurm = startLoopback()));
  afterAll(() => slurm.stop());
  const onSlurm = (cells: readonly CellProcess[], options: Partial<SlurmOptions> = {}) =>
    start(cells, { environment: slurm.environment, ...options });

  it('runs each cell as a task with a GPU of its own and a log of its own, no more at once than asked for', async () => {
    // Each looks, while it runs, how many others run.
    const count = `fs.writeFileSync('runs', ''); setTimeout(() => {
      const others = fs.readdirSync('..').filter((name) => fs.existsSync('../' + name + '/runs'));
      console.log('at once', others.length); fs.rmSync('runs'); end(0); }, 1500);`;
    const cells = ['a', 'b', 'c', 'd'].map((name) => cell(name, count));
    const ends = await onSlurm(cells, { device: 'gpu', jobs: 2 });
    expect(ends).toEqual(cells.map(({ name }) => ({ name, exitCode: 0 })));
    const logs = cells.map(({ name }) => log(name));
    for (const text of logs) expect(text).toMatch(/^attempt 1 gpu [01]\nat once [12]\n$/);
    expect(logs.some((text) => text.includes('at once 2'))).toBe(true);
    expect(new Set(logs.map((text) => /gpu ([01])/.exec(text)![1]))).toEqual(new Set(['0', '1']));
    expect(lines[0]).toMatch(/^Slurm job \d+: 4 cells\. See npm run status -- /);
  });

  it('starts the ranks of a cell, each with a GPU of its own', async () => {
    const rank = `console.log('rank', process.env.SLURM_PROCID, 'of', process.env.SLURM_NTASKS, process.env.SLURM_LAUNCH_NODE_IPADDR !== undefined); end(0);`;
    const ends = await onSlurm([cell('shared', rank)], { device: 'gpu', ranks: 2 });
    expect(ends).toEqual([{ name: 'shared', exitCode: 0 }]);
    const text = log('shared');
    expect(text).toContain('rank 0 of 2 true');
    expect(text).toContain('rank 1 of 2 true');
  });

  it('starts again what a signal before the end of its time stopped, and what failed in passing; nothing else', async () => {
    const stopped = `process.on('SIGUSR1', () => { fs.writeFileSync('checkpoint', ''); end(85); });
      if (fs.existsSync('checkpoint')) end(0); else setInterval(() => {}, 1000);`;
    const cells = [
      cell('stopped', stopped),
      cell('passing', `end(attempt === 1 ? 75 : 0)`),
      cell('always', `end(75)`),
      cell('bad', `end(attempt === 1 ? 65 : 0)`),
      cell('crashed', `end(attempt === 1 ? 1 : 0)`),
    ];
    // Slurm looks at the time that is left every half minute at the earliest; its own signal is sent here by hand.
    const ends = onSlurm(cells, { retries: 1 });
    await until(() => existsSync(join(run, 'stopped', 'cell.log')) && log('stopped').includes('attempt 1'));
    const task = `${/\d+/.exec(lines[0]!)![0]}_0`;
    slurm.ask('scancel', '--batch', '--signal=USR1', task);
    expect(await ends).toEqual([
      { name: 'stopped', exitCode: 0 },
      { name: 'passing', exitCode: 0 },
      { name: 'always', exitCode: 75 },
      { name: 'bad', exitCode: 65 },
      { name: 'crashed', exitCode: 1 },
    ]);
    expect(log('stopped')).toBe('attempt 1 gpu undefined\nattempt 2 gpu undefined\n');
    expect(log('always').match(/attempt/g)).toHaveLength(2);
    expect(log('bad').match(/attempt/g)).toHaveLength(1);
  });

  it('asks a cell to stop before the time of its task is over', async () => {
    const patient = `process.on('SIGUSR1', () => { console.log('asked'); end(attempt === 1 ? 85 : 0); });
      if (attempt > 1) end(0); setInterval(() => {}, 1000);`;
    expect(await onSlurm([cell('a', patient)], { cluster: ['--time=1'] })).toEqual([{ name: 'a', exitCode: 0 }]);
    expect(log('a')).toBe('attempt 1 gpu undefined\nasked\nattempt 2 gpu undefined\n');
  });

  it('leaves the reason of a cell whose task ended without a word', async () => {
    const waiting = cell('a', 'setInterval(() => {}, 1000);');
    writePlan(join(waiting.folder, 'plan.json'), planOf());
    const ends = onSlurm([waiting]);
    await until(() => existsSync(join(run, 'a', 'cell.log')) && log('a').includes('attempt 1'));
    slurm.ask('scancel', '--signal=KILL', '--full', /\d+/.exec(lines[0]!)![0]);
    expect(await ends).toEqual([{ name: 'a', exitCode: 1 }]);
    const message =
      'its task is gone from the queue without a word: cancelled, out of memory or time, or lost with its node';
    expect(readOutcome(waiting.folder)).toMatchObject({ status: 'failed', failure: { message, exitCode: 1 } });
  });

  it('knows cancelled cells for ended, leaves queued ones alone, and submits the others again when asked again', async () => {
    const waits = `if (fs.existsSync('../go')) end(0); setInterval(() => { if (fs.existsSync('../go')) end(0); }, 50);`;
    const cells = [cell('a', waits), cell('b', waits)];
    expect(await onSlurm(cells, { watch: false })).toEqual([]);
    await until(() => [...statesOf(run, slurm.environment).values()].every((state) => state === 'runs'));
    const [job] = /\d+/.exec(lines[0]!)!;
    slurm.ask('scancel', `${job}_1`);
    await until(() => statesOf(run, slurm.environment).get('b') === 'gone');
    expect(statesOf(run, slurm.environment).get('a')).toBe('runs');
    const again = onSlurm(cells);
    await until(() => lines.length === 3);
    expect(lines[1]).toMatch(/^Slurm job \d+: 1 cell\. /);
    expect(lines[2]).toBe('1 cell is in the queue already\n');
    writeFileSync(join(run, 'go'), '');
    expect(await again).toEqual(cells.map(({ name }) => ({ name, exitCode: 0 })));
    expect(log('a').match(/attempt/g)).toHaveLength(1);
  });

  it.each([
    [['--partitionn=gpu'], "unrecognized option '--partitionn=gpu'"],
    [['--partition=gpu'], 'invalid partition specified: gpu'],
  ])('refuses the options %j in one line and submits nothing', async (cluster, reason) => {
    await expect(onSlurm([cell('a', '')], { cluster })).rejects.toThrow(
      `--cluster: got what sbatch refuses: ${reason}, expected options of sbatch that this cluster takes. Mend them: \`man sbatch\` and \`sinfo\` name what there is.`,
    );
    expect(readdirSync(join(run, 'slurm'))).toEqual(['cells.sbatch']);
  });

  it('refuses more cells than one array may have tasks', async () => {
    const many = Array.from({ length: 102 }, (_, i) => cell(`c${i}`, ''));
    await expect(onSlurm(many)).rejects.toThrow(
      '--executor slurm: got 102 cells, expected at most 101, since that is how many tasks this cluster allows in one array. Run fewer recipes or seeds at once: the same --name with more of them and --amend adds the others.',
    );
  });
});

describe('a machine without Slurm', () => {
  it('is told which programs are missing', async () => {
    await expect(start([cell('a', '')], { environment: { PATH: '/nowhere' } })).rejects.toThrow(
      '--executor slurm: got a machine without sbatch, squeue, scontrol, expected one from which jobs are submitted to a Slurm cluster. Start it on the login node, add the folder of the programs to PATH, or leave out --executor.',
    );
  });
});
