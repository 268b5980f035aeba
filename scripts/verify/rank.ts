/**
 * @file A rank of `npm run verify -- ranks`: trains its share of the plan in a folder.
 *
 * Started by the command with the variables of torchrun; alone without them.
 */
import { Command } from 'commander';
import { runCommand } from '../../harness/cli/command.ts';
import { positive } from '../../harness/cli/numbers.ts';
import { openEngine } from '../../harness/engine/engine.ts';
import { planFileName, readPlan } from '../../harness/plan/plan-file.ts';
import { systemClock } from '../../harness/core/clock.ts';
import { joinRanks } from '../../harness/ranks/join.ts';
import { endWithLauncher } from '../../harness/ranks/launch.ts';
import { worldOf } from '../../harness/ranks/world.ts';
import { standardError } from '../../harness/system/progress.ts';
import { trainShare } from '../../harness/verify/ranks/train-share.ts';
import { join } from 'node:path';

interface Options {
  readonly ranks: number;
  readonly threads: number;
  readonly stopAfter?: number;
}

const waitSeconds = 120;

const command = new Command('rank')
  .argument('<folder>', 'holds plan.json')
  .option('--ranks <n>', 'of all', positive, 1)
  .option('--threads <n>', 'of each process', positive, 1)
  .option('--stop-after <steps>', 'with a checkpoint', positive)
  .action(async (folder: string, { ranks: count, threads, stopAfter }: Options) => {
    endWithLauncher();
    const plan = readPlan(join(folder, planFileName));
    const { device, tf32, deterministic } = plan.engine;
    await openEngine({ device, tf32, deterministic, threads, output: standardError() });
    const ranks =
      count === 1
        ? undefined
        : await joinRanks({
            world: worldOf(process.env, count),
            withinSeconds: waitSeconds,
            timeoutSeconds: waitSeconds,
            allowPublic: false,
            clock: systemClock,
            facts: { plan: plan.fingerprint },
          });
    await trainShare({ folder, ...(ranks && { ranks }), ...(stopAfter !== undefined && { stopAfter }) });
    await ranks?.leave();
  });

await runCommand(command);
