/** @file Describes one cell of a run as a SkyPilot task, whose managed job is recovered by exit code. */
import { shellWord } from '../../../core/shell.ts';
import type { EngineSettings } from '../../../plan/types.ts';
import { exitCodesWith } from '../contract.ts';

export interface TaskOptions {
  readonly name: string;
  readonly device: EngineSettings['device'];
  readonly checkout: string;
  /** Folder of the run, which the bucket keeps. */
  readonly run: string;
  /** The script that runs the cell of a number, inside the run's folder. */
  readonly script: string;
  /** Such as `H100`: what the cloud calls the GPU. */
  readonly accelerator: string;
  /** Processes of each cell, one per GPU of a machine; absent: one. */
  readonly ranks?: number;
  /** Further attempts after a passing failure. */
  readonly retries: number;
  readonly bucket: string;
  readonly image: string;
}

/** Where the bucket is mounted. */
const mounted = '/run-folder';

/**
 * The task of every cell; the variable CELL says which. A machine that is taken away is replaced, a stop that was asked for goes on, a passing
 * failure is tried again, every other end is the job's end. The run's folder is a bucket, mounted with a cache on the machine's disk, since
 * files are renamed and appended to.
 */
export function skypilotTask(options: TaskOptions) {
  const { name, device, checkout, run, script, accelerator, retries, bucket, image, ranks = 1 } = options;
  return {
    name,
    resources: {
      ...(device === 'gpu' && { accelerators: `${accelerator}:${ranks}` }),
      use_spot: true,
      image_id: `docker:${image}`,
      // The restarts that SkyPilot counts are after any error, those by exit code are without end.
      job_recovery: { max_restarts_on_errors: 0, recover_on_exit_codes: exitCodesWith('at once') },
    },
    envs: { CELL: '0' },
    workdir: checkout,
    file_mounts: { [mounted]: { name: bucket, source: run, mode: 'MOUNT_CACHED' } },
    setup: 'npm ci',
    run: [
      'n=0',
      'while :; do',
      `  CHECKOUT=$PWD RUN=${mounted} sh ${shellWord(`${mounted}/${script}`)} "$CELL"`,
      '  code=$?',
      `  case $code in ${exitCodesWith('after a pause').join(' | ')}) [ $n -lt ${retries} ] || exit $code ;; *) exit $code ;; esac`,
      '  n=$((n + 1))',
      '  sleep $((n * 60))',
      'done',
    ].join('\n'),
  };
}
