/** @file `npm run status -- <run> [--json]`: state or end of every planned cell, and the time left. */
import { resolve } from 'node:path';
import { Command } from 'commander';
import { runCommand } from '../../harness/cli/command.ts';
import { systemClock } from '../../harness/core/clock.ts';
import { recordLostTasks, statesOf } from '../../harness/run/executors/slurm/slurm.ts';
import { statusOf, statusText } from '../../harness/run/status.ts';
import { standardError } from '../../harness/system/progress.ts';

const checkout = resolve(import.meta.dirname, '../..');

const command = new Command('npm run status --')
  .description(
    'Says of every planned cell of a run: planned, running, done, failed, diverged, killed, stopped or missing.',
  )
  .argument('<run>', 'folder of a run, such as runs/shapes-twin')
  .option('--json', 'print one JSON document in place of text')
  .action((folder: string, { json }: { readonly json?: true }) => {
    const tasks = statesOf(folder, process.env);
    recordLostTasks(folder, tasks, { clock: systemClock, checkout, output: standardError() });
    const status = statusOf(folder, systemClock, (cell) => tasks.get(cell) ?? null);
    console.log(json ? JSON.stringify(status, null, 2) : statusText(status));
  });

await runCommand(command);
