/** @file Tasks of Slurm that ended while nobody watched: their end is recorded by the next look; a small squeue stands for the real one. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../../harness/core/clock.ts';
import { writePlan } from '../../../../harness/plan/plan-file.ts';
import { registerRun } from '../../../../harness/results/registration.ts';
import { readOutcome } from '../../../../harness/results/store.ts';
import { lockCell } from '../../../../harness/run/cell/cell-lock.ts';
import { recordSubmission } from '../../../../harness/run/executors/slurm/jobs.ts';
import { runCellsOnSlurm } from '../../../../harness/run/executors/slurm/slurm.ts';
import { silence } from '../../../../harness/system/progress.ts';
import { planOf } from '../../../plan/fixtures.ts';

let run: string;
let folder: string;
let environment: NodeJS.ProcessEnv;

const message =
  'its task is gone from the queue without a word: cancelled, out of memory or time, or lost with its node';
const root = resolve(import.meta.dirname, '../../../..');
const status = () =>
  execa(process.execPath, ['--import', import.meta.resolve('tsx'), join(root, 'scripts/runs/status.ts'), run], {
    env: environment,
    cwd: root,
  });

/** A run of one cell, which was submitted as task 0 of job 7 and began; the queue holds what is given. */
beforeEach(() => {
  const parent = mkdtempSync(join(tmpdir(), 'lost-tasks-'));
  run = join(parent, 'run');
  const plan = planOf();
  const name = `${plan.recipe.id}-seed${plan.seed}`;
  folder = join(run, name);
  mkdirSync(folder, { recursive: true });
  registerRun(run, { plans: [plan], command: 'npm run reproduce shapes' });
  writePlan(join(folder, 'plan.json'), plan);
  writeFileSync(
    join(folder, 'attempts.jsonl'),
    `${JSON.stringify({ event: 'begin', at: '', host: 'node7', pid: 4711 })}\n`,
  );
  recordSubmission(run, systemClock, '7', [name]);
  const programs = join(parent, 'bin');
  mkdirSync(programs);
  environment = { ...process.env, PATH: `${programs}:${process.env.PATH}` };
  const program = (called: string, script: string) => {
    writeFileSync(join(programs, called), `#!/bin/sh\n${script}\n`);
    chmodSync(join(programs, called), 0o755);
  };
  program('squeue', `cat ${join(parent, 'queue')} 2>/dev/null; exit 0`);
  program('sbatch', `test -e ${join(folder, 'failure.json')} && echo 8`);
  program('scontrol', 'exit 0');
});

const queue = (line: string) => writeFileSync(join(run, '..', 'queue'), `${line}\n`);

describe('a task that left the queue without a word', () => {
  it('is recorded by status, which says why', async () => {
    const { stdout } = await status();
    expect(stdout).toContain('killed, step 0 of');
    expect(readOutcome(folder)).toMatchObject({ status: 'failed', failure: { message, exitCode: 1 } });
  });

  it('is left alone while it is in the queue, and while a process holds the lock of the cell', async () => {
    queue('7_0 RUNNING');
    await status();
    expect(readOutcome(folder)).toBeNull();
    rmSync(join(run, '..', 'queue'));
    const lock = lockCell(folder, { clock: systemClock, output: silence });
    await status();
    lock.release();
    expect(readOutcome(folder)).toBeNull();
  });

  it('is recorded before its cell is submitted again', async () => {
    const lines: string[] = [];
    await runCellsOnSlurm([{ name: 'a', folder, command: ['none'] }], {
      runFolder: run,
      checkout: root,
      device: 'cpu',
      retries: 3,
      cluster: [],
      watch: false,
      clock: systemClock,
      output: { isTerminal: false, write: (text) => void lines.push(text) },
      environment,
    });
    expect(lines[0]).toMatch(/^Slurm job 8: 1 cell\. /);
    expect(JSON.parse(readFileSync(join(folder, 'failure.json'), 'utf8'))).toMatchObject({ failure: { message } });
  });
});
