/**
 * @file Command `npm run cell -- <folder>`: runs or resumes the cell that is planned in a folder.
 *
 * `reproduce` starts one such process per cell.
 */
import { availableParallelism } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { cacheFolder } from '../harness/system/cache-folder.ts';
import { systemClock } from '../harness/core/clock.ts';
import { standardError } from '../harness/system/progress.ts';
import { classesOf } from '../harness/recipe/classes.ts';
import { openSource } from '../harness/data/open.ts';
import { openEngine } from '../harness/engine/open.ts';
import { planFileName, readPlan } from '../harness/plan/plan-file.ts';
import { recordAttempt } from '../harness/run/cell/attempts.ts';
import { runCell } from '../harness/run/cell/cell.ts';
import { awaitCell, lockCell } from '../harness/run/cell/cell-lock.ts';
import { HeartbeatWriter, beatingOutput } from '../harness/run/cell/heartbeat.ts';
import { scorerWith } from '../harness/evaluate/open.ts';
import { listenForStop } from '../harness/run/signals.ts';
import { positive } from '../harness/cli/numbers.ts';
import { runCommand } from '../harness/cli/command.ts';

interface Options {
  readonly data?: string;
  readonly weights?: string;
  readonly inception?: string;
  readonly reference?: string;
  readonly redraws?: number;
  readonly command?: string;
  readonly wait?: true;
}

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');

const command = new Command('npm run cell --')
  .description('Runs the cell planned in a folder to its result, or goes on with it.')
  .argument('<folder>', 'folder with plan.json')
  .option('--data <path>', 'data in place of what would be downloaded')
  .option('--weights <file>', 'the weights that the plan was made for')
  .option('--inception <file>', 'the 2015 Inception graph in place of what would be downloaded')
  .option('--reference <npz>', 'reference statistics in place of what would be downloaded')
  .option('--redraws <n>', 'further draws of latents that the cell is to have', positive)
  .option('--command <line>', 'the command line that is recorded as the one that repeats the cell')
  .option('--wait', 'wait while another process is at work on the cell')
  .action(async (folder: string, options: Options) => {
    const plan = readPlan(join(folder, planFileName));
    const lock = await (options.wait ? awaitCell : lockCell)(folder, { clock: systemClock, output: standardError() });
    const heartbeat = new HeartbeatWriter(folder, systemClock);
    const output = beatingOutput(standardError(), heartbeat, systemClock);
    const stop = listenForStop((signal) => output.write(`${signal}: finishing this step and writing a checkpoint\n`));
    const line = options.command ?? `npm run cell -- ${folder}`;
    const run = async (): Promise<unknown> => {
      heartbeat.beat();
      const { device, tf32, deterministic } = plan.engine;
      const engine = await openEngine({ device, tf32, deterministic, threads: availableParallelism(), output });
      return runCell({
        folder,
        engine,
        openSource: ({ recipe }) =>
          openSource(
            recipe.data.dataset,
            { cache: cacheFolder(), output, clock: systemClock },
            {
              ...(options.data === undefined ? {} : { data: options.data }),
              networkClasses: classesOf(recipe.network),
            },
          ),
        openScorer: scorerWith(options),
        ...(options.weights === undefined ? {} : { weights: options.weights }),
        ...(options.redraws === undefined ? {} : { redraws: options.redraws }),
        clock: systemClock,
        output,
        stopRequested: () => {
          heartbeat.beat();
          lock.lost.throwIfAborted();
          return stop.requested();
        },
        root,
        command: line,
      });
    };
    try {
      await recordAttempt({ folder, root, command: line, output }, systemClock, run);
    } finally {
      stop.release();
      lock.release();
    }
  });

await runCommand(command);
