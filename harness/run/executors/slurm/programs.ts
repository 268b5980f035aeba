/** @file Slurm's own programs: whether they are there, and what they answer, each refusal in one line. */
import { spawnSync } from 'node:child_process';
import { DataError, UsageError, described, exitCodes } from '../../../core/errors.ts';
import { findProgram } from '../../../system/process/program.ts';

/** What this executor calls on the machine from which cells are submitted, and on those on which they run. */
const programs = ['sbatch', 'squeue', 'scontrol'] as const;
export type SlurmProgram = (typeof programs)[number];

/** @throws DataError when one of them is missing */
export function requireSlurm(environment: NodeJS.ProcessEnv): void {
  const missing = programs.filter((name) => findProgram(name, environment) === undefined);
  if (missing.length === 0) return;
  throw new DataError({
    where: '--executor slurm',
    got: described(`a machine without ${missing.join(', ')}`),
    expected: 'one from which jobs are submitted to a Slurm cluster',
    remedy: 'Start it on the login node, add the folder of the programs to PATH, or leave out --executor',
  });
}

/** What a program prints. @throws DataError (exit code 75: the controller may be busy) when it refuses, with its reason */
export function askSlurm(program: SlurmProgram, args: readonly string[], environment: NodeJS.ProcessEnv): string {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', timeout: 60_000, env: environment });
  if (status === 0) return stdout;
  throw new DataError(
    {
      where: program,
      got: described(lastReason(stderr) || 'no answer'),
      expected: 'an answer of the Slurm controller',
      remedy: 'Ask `sinfo` whether the cluster is up, and start again: what was submitted goes on',
    },
    { exitCode: exitCodes.transient },
  );
}

/**
 * Submits a batch script. @returns the number of the job
 * @throws UsageError when sbatch does not take an option or a value of it; DataError when the controller does not answer
 */
export function submit(script: string, environment: NodeJS.ProcessEnv): string {
  const { status, stdout, stderr } = spawnSync('sbatch', ['--parsable', script], {
    encoding: 'utf8',
    timeout: 60_000,
    env: environment,
  });
  // With several clusters the number is followed by the name of one.
  if (status === 0) return stdout.trim().split(';')[0]!;
  if (/Unable to contact|Connection refused|timed out/i.test(stderr))
    return askSlurm('squeue', ['--noheader'], environment);
  throw new UsageError({
    where: '--cluster',
    got: described(`what sbatch refuses: ${lastReason(stderr)}`),
    expected: 'options of sbatch that this cluster takes',
    remedy: 'Mend them: `man sbatch` and `sinfo` name what there is',
  });
}

/** The largest number of tasks of one array. */
export function mostTasks(environment: NodeJS.ProcessEnv): number {
  const [, size] = /^MaxArraySize\s*=\s*(\d+)/m.exec(askSlurm('scontrol', ['show', 'config'], environment)) ?? [];
  return size === undefined ? Infinity : Number(size);
}

/** `sbatch: error: Batch job submission failed: Invalid partition name specified` -> its last part. */
function lastReason(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('Try '));
  const [first = '', last = ''] = [lines[0], lines.at(-1)];
  const told = /unrecognized option|invalid/i.test(first) ? first : last;
  return told.replace(/^s\w+: (error: |fatal: )?/, '').replace('Batch job submission failed: ', '');
}
