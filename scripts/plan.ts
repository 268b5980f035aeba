/** @file `npm run plan <dataset> -- [options]`: the resolved plan of every cell with its cost; runs nothing. */
import { Command, InvalidArgumentError } from 'commander';
import { systemClock } from '../harness/core/clock.ts';
import { standardError } from '../harness/system/progress.ts';
import { measurePeaks } from '../harness/engine/calibrate.ts';
import { detectedDevice } from '../harness/engine/device.ts';
import { openEngine } from '../harness/engine/open.ts';
import { costOf, type Calibration, type Cost } from '../harness/plan/cost.ts';
import { UsageError, described } from '../harness/core/errors.ts';
import { pilotSpreads, type PilotSpread } from '../harness/judge/pilot.ts';
import { powerText, settlingOf, settlingText, type Settling } from '../harness/judge/print.ts';
import { datasetIds, datasetNamed } from '../harness/plan/names.ts';
import { commandText, planText } from '../harness/plan/print.ts';
import { requestedPlans } from '../harness/plan/request.ts';
import type { Plan } from '../harness/plan/types.ts';
import { standardJudgement } from '../harness/results/judgement.ts';
import { readRun } from '../harness/results/run.ts';
import { runCommand } from '../harness/cli/command.ts';
import { withPlanOptions, type PlanOptions } from '../harness/cli/plan-options.ts';
import { catalogue } from '../recipes/index.ts';

interface Options extends PlanOptions {
  readonly margin?: number;
  readonly spread?: number;
  readonly pilot?: string;
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
    .argument('<dataset>', `one of ${datasetIds.join(', ')}`, datasetNamed),
)
  .option(
    '--margin <percent>',
    'say how many seeds settle this margin around a published value, and what they cost',
    percent,
  )
  .option('--spread <percent>', 'with --margin: the standard deviation over seeds', percent)
  .option('--pilot <run>', 'with --margin: the folder of a run, whose spread is taken')
  .option('--json', 'print one JSON document: plans and costs')
  .action(async (dataset: string, options: Options) => {
    const device = detectedDevice(options.device);
    const plans = requestedPlans(catalogue, dataset, options, device);
    const pilot = spreadToPlanBy(options);
    const calibration = await calibrate(device);
    const costs = plans.map((plan) => costOf(plan, calibration));
    const { margin } = options;
    const settling =
      margin === undefined ? null : settlingOf(margin, standardJudgement.confidence, pilot!, cellCosts(plans, costs));
    if (options.json) {
      const cells = plans.map((plan, i) => ({ plan, cost: costs[i]! }));
      console.log(JSON.stringify({ calibration, cells, ...(settling && { settling }) }, null, 2));
      return;
    }
    if (options.scale === undefined) console.log(`Scale ${plans[0]!.scale.id}, since the device is ${device}.\n`);
    const texts = plans.map((plan, i) => planText(plan, costs[i]!, calibration));
    const ending = [
      commandText(costs, calibration),
      powerText(plans, standardJudgement),
      ...(settling ? [settlingText(margin!, settling)] : []),
    ];
    console.log([...texts, ending.join('\n\n')].join('\n\n\n'));
  });

/** What one seed of each recipe costs. */
function cellCosts(plans: readonly Plan[], costs: readonly Cost[]): Settling['cost'] {
  const seconds = new Map(plans.map(({ recipe }, i) => [recipe.id, costs[i]!.deviceSeconds]));
  return [...seconds].map(([recipeId, deviceSeconds]) => ({ recipeId, deviceSeconds }));
}

/** @throws UsageError when a margin comes without a spread, or a spread without a margin */
function spreadToPlanBy({ margin, spread, pilot }: Options): readonly PilotSpread[] | number | undefined {
  const named = [spread, pilot].filter((one) => one !== undefined).length;
  if ((margin === undefined) !== (named === 0) || named > 1) {
    throw new UsageError({
      where: '--margin',
      got: described(`${margin === undefined ? 'none' : 'one'} with ${named} of --spread and --pilot`),
      expected: '--margin and one of --spread <percent> and --pilot <run folder>',
      remedy: 'Write for example --margin 5 --spread 2',
    });
  }
  if (pilot === undefined) return spread;
  const found = pilotSpreads(readRun(pilot));
  if (found.length === 0) {
    throw new UsageError({
      where: pilot,
      got: described('no score of two seeds'),
      expected: 'a run of two seeds or more',
      remedy: 'Run more seeds of the pilot, or name a spread with --spread',
    });
  }
  return found;
}

function percent(text: string): number {
  const value = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || value === 0 || value >= 100) {
    throw new InvalidArgumentError('Give a percentage between 0 and 100, such as 5.');
  }
  return value / 100;
}

await runCommand(command);
