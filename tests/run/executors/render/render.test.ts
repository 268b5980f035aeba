/** @file Rendered cells: valid by the published schemas, exit codes where each cluster reads them, scripts that run the right cell. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { exitCodes } from '../../../../harness/core/errors.ts';
import type { CellProcess } from '../../../../harness/run/executors/contract.ts';
import { renderCells, type RenderOptions } from '../../../../harness/run/executors/render/render.ts';
import { jobSchema, taskSchema } from './published-schemas.ts';

let run: string;
let said: string;

beforeEach(() => {
  run = join(mkdtempSync(join(tmpdir(), 'render-')), "Shapes's_Twin");
});

function render(options: Partial<RenderOptions> = {}): void {
  const cells = ['shapes-ct-seed0', 'shapes-ict-seed0'].map((name): CellProcess => {
    const folder = join(run, name);
    const command = ['/usr/bin/node', '/here/cell.ts', folder, '--command', "npm run it -- --why 'so'"] as const;
    return { name, folder, command: [...command] };
  });
  said = '';
  renderCells(cells, {
    ...{ runFolder: run, device: 'gpu', retries: 3, cluster: ['--partition=gpu'], checkout: '/check out' },
    ...{ image: 'node:22', claim: 'work', accelerator: 'H100' },
    output: { isTerminal: false, write: (text) => (said += text) },
    ...options,
  });
}

const text = (name: string) => readFileSync(join(run, 'render', name), 'utf8');
const job = () => jobSchema.parse(JSON.parse(text('job.json')));
const task = () => taskSchema.parse(JSON.parse(text('skypilot.yaml')));

describe('renderCells', () => {
  it('writes a file for each cluster and says which command starts it', () => {
    render();
    expect(readdirSync(join(run, 'render'))).toEqual([
      ...['cells.sbatch', 'cells.sh', 'job.json', 'skypilot.sh', 'skypilot.yaml'],
    ]);
    const quoted = `'${join(run, 'render').replaceAll("'", "'\\''")}`;
    expect(said).toContain(`sbatch ${quoted}/cells.sbatch'\n`);
    expect(said).toContain(`kubectl apply -f ${quoted}/job.json' (1.29 or newer`);
    expect(said).toContain(`sh ${quoted}/skypilot.sh'`);
  });

  it('describes a job that the API of Kubernetes takes: one index per cell, exit codes in its failure policy', () => {
    render({ jobs: 1 });
    const { metadata, spec } = job();
    expect(metadata.name).toBe('consistency-shapes-s-twin');
    expect(spec).toMatchObject({ completions: 2, parallelism: 1, backoffLimitPerIndex: 3, maxFailedIndexes: 2 });
    const actions = new Map(
      spec.podFailurePolicy.rules.flatMap((rule) =>
        'onExitCodes' in rule ? rule.onExitCodes.values.map((code) => [code, rule.action] as const) : [],
      ),
    );
    const { badInput, noDevice, diverged, failed, transient, checkpointed } = exitCodes;
    expect(actions).toEqual(
      new Map([
        [checkpointed, 'Ignore'],
        ...[failed, badInput, noDevice, diverged].map((code) => [code, 'FailIndex'] as const),
        [transient, 'Count'],
      ]),
    );
    expect(spec.podFailurePolicy.rules[0]).toEqual({
      action: 'Ignore',
      onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }],
    });
    expect(spec.template.spec.containers[0]!.resources).toEqual({ limits: { 'nvidia.com/gpu': 1 } });
  });

  it('gives a cell of several ranks as many GPUs; srun starts them', () => {
    render({ ranks: 4 });
    expect(job().spec.template.spec.containers[0]!.resources).toEqual({ limits: { 'nvidia.com/gpu': 4 } });
    expect(task()).toMatchObject({ resources: { accelerators: 'H100:4' } });
    const script = text('cells.sbatch');
    expect(script).toContain('#SBATCH --ntasks=4\n#SBATCH --gpus-per-task=1\n');
    expect(script).not.toContain('--gres');
    expect(script).toContain(`export -f cell\nsrun --ntasks=4 --wait=60 bash -c 'cell "$1"' cell "$task" &\n`);
  });

  it('describes a task that SkyPilot takes: recovered after a stop, with further attempts after passing failures', () => {
    render();
    expect(task()).toMatchObject({
      resources: { accelerators: 'H100:1', job_recovery: { max_restarts_on_errors: 0, recover_on_exit_codes: [85] } },
    });
    expect(text('skypilot.sh')).toMatch(
      /^#!\/bin\/sh\n.*\nset -e\nsky jobs launch .* --env CELL=0 .*\nsky .* CELL=1 .*\n$/,
    );
  });

  it('asks for no GPU where the plan is for a CPU', () => {
    render({ device: 'cpu' });
    expect(job().spec.template.spec.containers[0]).not.toHaveProperty('resources');
    expect(task().resources).not.toHaveProperty('accelerators');
    expect(text('cells.sbatch')).not.toContain('gres');
  });

  it('writes a batch script whose options stand in front of the first command, those of the person last', () => {
    render({ jobs: 1 });
    const [, ...lines] = text('cells.sbatch').split('\n');
    const options = lines.slice(0, lines.indexOf(''));
    expect(options.slice(1, 3)).toEqual(['#SBATCH --array=0-1%1', '#SBATCH --requeue']);
    expect(options.at(-1)).toBe('#SBATCH --partition=gpu');
  });
});

describe('cells.sh', () => {
  /** Runs the script with a `node` that prints its arguments, in a checkout and a run of other machines. */
  function started(...args: string[]) {
    const machine = mkdtempSync(join(tmpdir(), 'machine-'));
    mkdirSync(join(machine, 'checkout'));
    writeFileSync(join(machine, 'node'), '#!/bin/sh\npwd\nprintf "%s\\n" "$@"\nexit 85\n');
    chmodSync(join(machine, 'node'), 0o755);
    const env = { PATH: `${machine}:${process.env.PATH}`, CHECKOUT: join(machine, 'checkout'), RUN: '/mounted' };
    const { status, stdout, stderr } = spawnSync('sh', [join(run, 'render', 'cells.sh'), ...args], {
      encoding: 'utf8',
      env,
    });
    return { status, stderr, lines: stdout.replaceAll(machine, '').trim().split('\n') };
  }

  it('becomes the process of the cell of a number, with its own exit code', () => {
    render();
    const { status, lines } = started('1');
    expect(status).toBe(85);
    expect(lines).toEqual([
      ...['/checkout', 'harness/cli/start.mjs', 'cell', '/mounted/shapes-ict-seed0', '--wait'],
      ...['--command', "npm run it -- --why 'so'"],
    ]);
  });

  it('refuses a number that no cell has in one line', () => {
    render();
    expect(started('2')).toMatchObject({
      ...{ status: 65, stderr: 'cells.sh: got "2", expected a number from 0 to 1. Name a cell.\n' },
    });
  });

  it('is tried again by the SkyPilot task after a passing failure, so many times', () => {
    render({ retries: 2 });
    const folder = mkdtempSync(join(tmpdir(), 'task-'));
    const tries = join(folder, 'tries');
    // The task's own script, with a cell that always fails and pauses that take no time.
    const script = task()
      .run.replace(/CHECKOUT=.*/, `sh -c 'echo x >>${tries}; exit 75'`)
      .replace(/sleep .*/, ':');
    expect(spawnSync('sh', ['-c', script]).status).toBe(75);
    expect(readFileSync(tries, 'utf8')).toBe('x\n'.repeat(3));
    expect(spawnSync('sh', ['-c', script.replace('exit 75', 'exit 65')]).status).toBe(65);
    expect(readFileSync(tries, 'utf8')).toBe('x\n'.repeat(4));
  });
});
