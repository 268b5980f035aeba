/** @file A Slurm cluster of this machine alone for tests, where Slurm is installed. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { findProgram } from '../../../../harness/system/process/program.ts';

const script = resolve(import.meta.dirname, '../../../../scripts/slurm-loopback');
const searched = { PATH: `${process.env.PATH}:/usr/sbin:/sbin` };

/** What is missing for such a cluster; undefined where nothing is. */
export const missingForSlurm = ['slurmctld', 'slurmd', 'sbatch', 'squeue', 'scancel', 'scontrol', 'munged'].find(
  (name) => findProgram(name, searched) === undefined,
);

export interface Loopback {
  readonly environment: NodeJS.ProcessEnv;
  /** What one of Slurm's programs prints. */
  readonly ask: (program: string, ...args: string[]) => string;
  readonly stop: () => void;
}

/** Starts the cluster, which takes a second. */
export function startLoopback(): Loopback {
  const folder = mkdtempSync(join(tmpdir(), 'slurm-'));
  const { status, stderr } = spawnSync(script, ['start', folder], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  const environment = { ...process.env, SLURM_CONF: join(folder, 'slurm.conf') };
  return {
    environment,
    ask: (program, ...args) => spawnSync(program, args, { encoding: 'utf8', env: environment }).stdout,
    stop: () => spawnSync(script, ['stop', folder]),
  };
}
