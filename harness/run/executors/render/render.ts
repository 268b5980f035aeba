/** @file Writes the cells of a run for clusters that are started by hand: Slurm, Kubernetes, SkyPilot. */
import { basename, join, resolve } from 'node:path';
import { shellLine, shellWord } from '../../../core/shell.ts';
import { writeFileAtomically, writeJsonAtomically } from '../../../system/files/atomic-file.ts';
import type { CellProcess, ClusterOptions } from '../contract.ts';
import { sbatchScript } from '../slurm/sbatch-script.ts';
import { kubernetesJob } from './kubernetes.ts';
import { skypilotTask } from './skypilot.ts';

export interface RenderOptions extends ClusterOptions {
  /** Container image with Node.js, Python and pip. */
  readonly image: string;
  /** Kubernetes: the claim of the volume that holds the checkout. */
  readonly claim: string;
  /** SkyPilot: what the cloud calls the GPU. */
  readonly accelerator: string;
}

const renderFolder = 'render';

/** Writes the files into `<run>/render` and says which command starts each; nothing is run. */
export function renderCells(cells: readonly CellProcess[], options: RenderOptions): void {
  const { checkout, device, retries, jobs, claim, image, accelerator, output, ranks } = options;
  const runFolder = resolve(options.runFolder);
  const folder = join(runFolder, renderFolder);
  const at = (file: string) => join(folder, file);
  const name = labelOf(basename(runFolder));
  const about = { name, device, checkout, image, ...(ranks !== undefined && { ranks }) };
  const atOnce = jobs === undefined ? {} : { jobs };
  const ofSlurm = { ...options, name, directory: process.cwd(), log: at('%A_%a.log') };
  writeFileAtomically(at('cells.sh'), cellsScript(cells, runFolder, checkout));
  writeFileAtomically(at('cells.sbatch'), sbatchScript(cells, ofSlurm));
  const job = kubernetesJob({ ...about, ...atOnce, cells: cells.length, retries, script: at('cells.sh'), claim });
  writeJsonAtomically(at('job.json'), job);
  const script = `${renderFolder}/cells.sh`;
  // Every JSON document is a YAML document.
  writeJsonAtomically(
    at('skypilot.yaml'),
    skypilotTask({ ...about, retries, run: runFolder, script, accelerator, bucket: name }),
  );
  writeFileAtomically(at('skypilot.sh'), skypilotScript(cells.length, at('skypilot.yaml'), name));
  output.write(`${startLines(folder, checkout, claim).join('\n')}\n`);
}

/** A name as every cluster takes it: lowercase letters, digits and hyphens, at most 63. */
function labelOf(name: string): string {
  return `consistency-${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`.slice(0, 63).replace(/-+$/, '');
}

/** A script that becomes the process of the cell of a number. RUN and CHECKOUT say where they are on another machine. */
function cellsScript(cells: readonly CellProcess[], runFolder: string, checkout: string): string {
  const cases = cells.map(({ folder, command }, i) => {
    const options = command.slice(command.indexOf(folder) + 1);
    return `  ${i}) set -- ${shellLine([basename(folder), ...options])} ;;`;
  });
  return `#!/bin/sh
# The cell of a number: sh cells.sh 0. It goes on where its last attempt stopped.
CHECKOUT=\${CHECKOUT:-${shellWord(checkout)}}
RUN=\${RUN:-${shellWord(runFolder)}}
cd "$CHECKOUT" || exit 1
case "$1" in
${cases.join('\n')}
  *) echo "cells.sh: got \\"$1\\", expected a number from 0 to ${cells.length - 1}. Name a cell." >&2; exit 65 ;;
esac
folder=$RUN/$1
shift
exec node harness/cli/start.mjs cell "$folder" --wait "$@"
`;
}

function skypilotScript(cells: number, task: string, name: string): string {
  const launch = ['sky', 'jobs', 'launch', '--yes', '--detach-run'];
  const starts = Array.from({ length: cells }, (_, i) =>
    shellLine([...launch, '--name', `${name}-${i}`, '--env', `CELL=${i}`, task]),
  );
  return `#!/bin/sh\n# One managed job per cell.\nset -e\n${starts.join('\n')}\n`;
}

function startLines(folder: string, checkout: string, claim: string): string[] {
  const at = (file: string) => shellWord(join(folder, file));
  return [
    `Written to ${folder}; nothing is started. A cell that is started twice waits for the other process, then has nothing to do.`,
    `Slurm:      sbatch ${at('cells.sbatch')}`,
    `Kubernetes: kubectl apply -f ${at('job.json')} (1.29 or newer; the claim "${claim}" is a volume with ${checkout})`,
    `SkyPilot:   sh ${at('skypilot.sh')} (the run's folder becomes a bucket: copy it back when the jobs have ended)`,
    'The same command without --executor then writes the report.',
  ];
}
