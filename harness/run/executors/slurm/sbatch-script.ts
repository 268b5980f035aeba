/**
 * @file Writes the batch script of a job array: one task per cell.
 *
 * Each is sent a signal before its time is over, and started again after it.
 */
import type { EngineSettings } from '../../../plan/types.ts';
import { attemptsFileName } from '../../cell/attempts.ts';
import { shellWord } from '../../../core/shell.ts';
import { cellFunction, folderFunction } from '../cell-script.ts';
import { exitCodesWith, type CellProcess } from '../contract.ts';

export interface SbatchOptions {
  readonly name: string;
  readonly device: EngineSettings['device'];
  /** Where the commands of the cells are given. */
  readonly directory: string;
  /** For what Slurm itself says; cells have logs of their own. */
  readonly log: string;
  /** Cells at once; without it as many as the cluster starts. */
  readonly jobs?: number;
  /** Processes of each cell, one per GPU, on as many nodes as Slurm takes for them; absent: one. */
  readonly ranks?: number;
  /** Further attempts after a passing failure. */
  readonly retries: number;
  /** Options of sbatch as a person gives them, such as `--partition=gpu`. */
  readonly cluster: readonly string[];
}

/** Seconds before the end of its time at which a task is asked to write its checkpoint. Slurm may ask a minute earlier. */
const signalSeconds = 300;

/**
 * The script. Exit codes decide, as everywhere: 85 after Slurm's own signal and 75, so many times, start the task again (`scontrol
 * requeue`); every other end is the task's end. What a person names in `cluster` stands last and wins.
 */
export function sbatchScript(cells: readonly CellProcess[], options: SbatchOptions): string {
  const { name, device, directory, log, jobs, retries, cluster, ranks = 1 } = options;
  const asked = [
    `--job-name=${name}`,
    `--array=0-${cells.length - 1}${jobs === undefined ? '' : `%${jobs}`}`,
    '--requeue',
    '--open-mode=append',
    `--signal=B:USR1@${signalSeconds}`,
    `--output=${log}`,
    ...(ranks > 1 ? [`--ntasks=${ranks}`] : []),
    ...(device === 'gpu' ? [ranks > 1 ? '--gpus-per-task=1' : '--gres=gpu:1'] : []),
    ...cluster,
  ];
  const [atOnce, later] = [exitCodesWith('at once'), exitCodesWith('after a pause')].map((codes) => codes.join(' | '));
  const laterCodes = exitCodesWith('after a pause').join('\\|');
  return `#!/bin/bash
${asked.map((option) => `#SBATCH ${shellWord(option)}`).join('\n')}

cd ${shellWord(directory)} || exit 1

${cellFunction(cells)}

${folderFunction(cells)}

task=$SLURM_ARRAY_TASK_ID
${startOf(ranks)} &
child=$!
trap 'asked=1; kill -s USR1 "$child"' USR1
trap 'kill -s TERM "$child"' TERM
# A signal ends \`wait\` early.
while wait "$child"; kill -0 "$child" 2>/dev/null; do :; done
wait "$child"
code=$?

again() { scontrol requeue "\${SLURM_ARRAY_JOB_ID}_$task"; }
passing() { grep -c '"exitCode":\\(${laterCodes}\\),' "$(cell_folder "$task")/${attemptsFileName}" 2>/dev/null; }
case $code in
  ${atOnce!}) [ -z "\${asked:-}" ] || again ;;
  ${later!}) [ "$(passing)" -gt ${retries} ] 2>/dev/null || again ;;
esac
exit "$code"
`;
}

/** Ranks find out themselves that one of them is gone: srun ends only those that do not. */
const waitSeconds = 60;

function startOf(ranks: number): string {
  if (ranks === 1) return '(cell "$task")';
  return `export -f cell\nsrun --ntasks=${ranks} --wait=${waitSeconds} bash -c 'cell "$1"' cell "$task"`;
}
