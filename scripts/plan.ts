/** @file `npm run plan <dataset> -- [options]`: the resolved plan of every cell with its cost; runs nothing. */
import { Command } from 'commander';
import { systemClock } from '../harness/core/clock.ts';
import { standardError } from '../harness/system/progress.ts';
import { measurePeaks } from '../harness/engine/calibrate.ts';
import { detectedDevice } from '../harness/engine/device.ts';
import { openEngine } from '../harness/engine/open.ts';
import { costOf, type Calibration } from '../harness/plan/cost.ts';
import { datasetIds } from '../harness/plan/names.ts';
import { commandText, planText } from '../harness/plan/print.ts';
import { runCommand } from '../harness/cli/command.ts';
import { requestedPlans, withPlanOptions, type PlanOptions } from './plan-request.ts';

interface Options extends PlanOptions {
  readonly json?: true;
}

/** What the device at hand sustains on convolutions like those of the networks. */
async function calibrate(device: 'cpu' | 'gpu'): Promise<Calibration> {
  await openEngine({ device, output: standardError() });
  const [convolution] = measurePeaks(systemClock);
  return { flopsPerSecond: convolution!.flopsPerSecond, device };
}

const command = withPlanOptions(
  new Command('npm run plan --')
    .description(
      'Prints what would be run, published beside as run, and what it would cost. Nothing is run or written.',
    )
    .argument('<dataset>', `one of ${datasetIds.join(', ')}`),
)
  .option('--json', 'print one JSON document: plans and costs')
  .action(async (dataset: string, options: Options) => {
    const device = detectedDevice(options.device);
    const plans = requestedPlans(dataset, options, device);
    const calibration = await calibrate(device);
    if (options.json) {
      const cells = plans.map((plan) => ({ plan, cost: costOf(plan, calibration) }));
      console.log(JSON.stringify({ calibration, cells }, null, 2));
      return;
    }
    if (options.scale === undefined) console.log(`Scale ${plans[0]!.scale.id}, since the device is ${device}.\n`);
    const costs = plans.map((plan) => costOf(plan, calibration));
    const texts = plans.map((plan, i) => planText(plan, costs[i]!, calibration));
    console.log([...texts, commandText(costs, calibration)].join('\n\n\n'));
  });

await runCommand(command);
