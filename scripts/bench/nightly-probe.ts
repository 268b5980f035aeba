/**
 * @file Measured process of `npm run nightly`: measures one group of this build and prints its values.
 *
 * Started by the command, of tonight's build and of the earlier one.
 */
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { runCommand } from '../../harness/cli/command.ts';
import { deviceOption } from '../../harness/cli/device-option.ts';
import { whole } from '../../harness/cli/numbers.ts';
import { ownProcess } from '../../harness/cli/own-process.ts';
import { systemClock } from '../../harness/core/clock.ts';
import type { DeviceChoice } from '../../harness/core/device.ts';
import { openEngine } from '../../harness/engine/engine.ts';
import { answerOf } from '../../harness/nightly/measure/answer.ts';
import { answerLine } from '../../harness/nightly/measure/protocol.ts';
import { engineSettings } from '../../harness/plan/engine-settings.ts';
import { standardError } from '../../harness/system/progress.ts';
import { nightlyPlan, nightlyWork } from '../../recipes/nightly.ts';

interface Options {
  readonly device: DeviceChoice;
  readonly seed: number;
}

const command = new Command('nightly-probe')
  .argument('<group>', 'the group of rows')
  .addOption(deviceOption())
  .option('--seed <n>', 'seed of a group that is measured once per seed', whole, 0)
  .action(async (group: string, { device, seed }: Options) => {
    const output = standardError();
    const threads = availableParallelism();
    // As a cell opens it, so that what is measured is what trains.
    const { tf32, deterministic } = engineSettings(1, { device: device === 'gpu' ? 'gpu' : 'cpu' });
    const engine = await openEngine({ device, tf32, deterministic, threads, output });
    const root = resolve(import.meta.dirname, '../..');
    const planProcess = ownProcess('plan');
    const context = { work: nightlyWork, root, engine, planProcess, seed, clock: systemClock, output };
    console.log(answerLine(await answerOf(group, nightlyPlan, context)));
  });

await runCommand(command);
