/**
 * @file Command `npm run plan <dataset> -- [options]`: prints the plan of every cell with its cost.
 *
 * It runs nothing.
 */
import { Command, InvalidArgumentError, Option } from 'commander';
import { systemClock } from '../harness/core/clock.ts';
import { standardError } from '../harness/system/progress.ts';
import { detectedDevice, deviceMemory, hardwareName } from '../harness/engine/device.ts';
import { keptRate } from '../harness/engine/rate/kept-rate.ts';
import { costOf, type Calibration, type Cost } from '../harness/plan/cost.ts';
import { UsageError, described } from '../harness/core/errors.ts';
import { pilotSpreads, type PilotSpread } from '../harness/judge/studies/pilot.ts';
import { powerText, settlingOf, settlingText, type Settling } from '../harness/judge/print.ts';
import { expenseOf, type DeviceTerms, type Expense } from '../harness/plan/devices/expense.ts';
import { requireFit } from '../harness/plan/devices/fit.ts';
import { modelCalibration, type Measured } from '../harness/plan/devices/measured.ts';
import { deviceModels, type DeviceModel } from '../harness/plan/devices/models.ts';
import { plannedDevice, type PlannedDevice } from '../harness/plan/devices/named.ts';
import { expenseText } from '../harness/plan/devices/print.ts';
import { checkedDevice } from './bench/checked-device.ts';
import { datasetNamed } from '../harness/plan/names.ts';
import { datasetIds } from '../harness/recipe/dataset.ts';
import { commandText, planText } from '../harness/plan/print.ts';
import { globalBatchText } from '../harness/run/cell/ranks/cell-ranks.ts';
import { requestedPlans } from '../harness/plan/request.ts';
import type { Plan } from '../harness/plan/types.ts';
import { standardJudgement } from '../harness/results/judgement.ts';
import { readRun } from '../harness/results/run.ts';
import { runCommand } from '../harness/cli/command.ts';
import { list, withPlanOptions, type PlanOptions } from '../harness/cli/plan-options.ts';
import type { DatasetId } from '../harness/recipe/dataset.ts';
import { catalogue } from '../recipes/index.ts';
import type { Device } from '../harness/core/device.ts';

interface Options extends PlanOptions {
  readonly on?: string;
  readonly price?: number;
  readonly margin?: number;
  readonly spread?: number;
  readonly pilot?: string;
  readonly measure?: true;
  readonly json?: true;
}

/** A device with what is known of it before a plan is made for it. */
interface Offer {
  readonly device: Device;
  readonly terms: DeviceTerms;
  readonly model?: DeviceModel;
  /** By checks of the device. */
  readonly measured: Measured;
  readonly calibrate: () => Promise<Calibration>;
}

const command = withPlanOptions(
  new Command('npm run plan --')
    .description(
      'Prints what would be run, published beside as run, and what it would cost. Nothing is run or written.',
    )
    .argument('<dataset>', `one of ${datasetIds.join(', ')}`, datasetNamed),
)
  .addOption(
    new Option(
      '--on <devices>',
      `devices that need not be here: ${Object.keys(deviceModels).join(', ')}, cpu or gpu of this machine, or TFLOP/s`,
    ).conflicts('device'),
  )
  .option('--price <per hour>', 'what an hour of the device costs: adds the money that the command takes', price)
  .option(
    '--margin <percent>',
    'say how many seeds settle this margin around a published value, and what they cost',
    percent,
  )
  .option('--spread <percent>', 'with --margin: the standard deviation over seeds', percent)
  .option('--pilot <run>', 'with --margin: the folder of a run, whose spread is taken')
  .option('--measure', 'measure the rate of this device again, which is kept from its first plan on')
  .option('--json', 'print one JSON document: plans and costs')
  .addHelpText(
    'after',
    `
--scale all prints one line per scale in place of plans, as several devices do: --on a100,h100,rtx4090`,
  )
  .action(async (dataset: DatasetId, options: Options) => {
    const pilot = spreadToPlanBy(options);
    const offers = offersOf(options);
    if (options.scale === 'all' || offers.length > 1) return printTable(dataset, options, offers);
    const [offer] = offers as [Offer];
    const { measured } = offer;
    const plans = requestedPlans(catalogue, dataset, options, offer.device, {
      deviceBytes: offer.terms.memoryBytes,
      measured: measured.defaults,
    });
    const { memoryBytes } = offer.terms;
    if (memoryBytes !== undefined) {
      for (const plan of plans) requireFit(plan, memoryBytes, offer.model?.name ?? hardwareName(offer.device));
    }
    const calibration = await offer.calibrate();
    const costs = plans.map((plan) => costOf(plan, calibration));
    const { margin } = options;
    const settling =
      margin === undefined ? null : settlingOf(margin, standardJudgement.confidence, pilot!, cellCosts(plans, costs));
    const expense = expenseOf(plans as [Plan, ...Plan[]], costs, calibration, offer.terms);
    if (options.json) {
      const cells = plans.map((plan, i) => ({ plan, cost: costs[i]! }));
      console.log(
        JSON.stringify({ calibration, notes: measured.notes, cells, expense, ...(settling && { settling }) }, null, 2),
      );
      return;
    }
    if (options.device === 'gpu' && offer.model) {
      console.log(`No NVIDIA GPU here: planned for the ${offer.model.name}. Name another device with --on.\n`);
    }
    if (options.scale === undefined) {
      console.log(`Scale ${plans[0]!.scale.id}, since the device is ${offer.model?.name ?? offer.device}.\n`);
    }
    if (measured.notes.length > 0) console.log(`${measured.notes.join('\n')}\n`);
    const texts = plans.map((plan, i) => planText(plan, costs[i]!, calibration));
    const { ranks = 1 } = options;
    const shared = ranks > 1 ? [...new Set(plans.map((plan) => `Each cell: ${globalBatchText(plan, ranks)}.`))] : [];
    const ending = [
      ...shared,
      commandText(costs, calibration),
      ...(offer.model || options.price !== undefined ? [expenseText([expense], modelsOf(offers), options.price)] : []),
      powerText(plans, standardJudgement),
      ...(settling ? [settlingText(margin!, settling)] : []),
    ];
    console.log([...texts, ending.join('\n\n')].join('\n\n\n'));
  });

/** One line per scale and device. */
async function printTable(dataset: DatasetId, options: Options, offers: readonly Offer[]): Promise<void> {
  if (options.margin !== undefined) {
    throw new UsageError({
      where: '--margin',
      got: described('several scales or devices'),
      expected: 'one scale on one device, whose seeds are counted',
      remedy: 'Name one scale and one device, or leave --margin out',
    });
  }
  const { scale, ...others } = options;
  const wanted = scale === 'all' ? Object.keys(catalogue.scales[dataset]) : [scale];
  const expenses: Expense[] = [];
  for (const { device, terms, calibrate, measured } of offers) {
    const calibration = await calibrate();
    for (const one of wanted) {
      const asked = one === undefined ? others : { ...others, scale: one };
      const plans = requestedPlans(catalogue, dataset, asked, device, {
        deviceBytes: terms.memoryBytes,
        measured: measured.defaults,
      });
      const costs = plans.map((plan) => costOf(plan, calibration));
      expenses.push(expenseOf(plans as [Plan, ...Plan[]], costs, calibration, terms));
    }
  }
  // Scale by scale, so that the devices of one scale stand below each other.
  expenses.sort((a, b) => wanted.indexOf(a.scale) - wanted.indexOf(b.scale));
  const notes = offers.flatMap(({ measured }) => measured.notes);
  const text = [expenseText(expenses, modelsOf(offers), options.price), ...notes].join('\n');
  console.log(options.json ? JSON.stringify({ expenses, notes }, null, 2) : text);
}

function modelsOf(offers: readonly Offer[]): DeviceModel[] {
  return offers.flatMap(({ model }) => model ?? []);
}

/** The devices of --on; else the device at hand, and for a GPU that is not at hand the one that stands for it. */
function offersOf({ on, device, price: pricePerHour, measure }: Options): readonly Offer[] {
  const terms = pricePerHour === undefined ? {} : { pricePerHour };
  if (on !== undefined) return list(on).map((name) => offerOf(plannedDevice(name), terms, measure === true));
  const isMissing = device === 'gpu' && detectedDevice() === 'cpu';
  const planned: PlannedDevice = isMissing
    ? { kind: 'model', id: 'a100' }
    : { kind: 'here', device: detectedDevice(device) };
  return [offerOf(planned, terms, measure === true)];
}

function offerOf(planned: PlannedDevice, terms: DeviceTerms, measureAgain: boolean): Offer {
  switch (planned.kind) {
    case 'model': {
      const model = deviceModels[planned.id];
      const { memoryGiB, watts } = model;
      const measured = checkedDevice('gpu', planned.id);
      return {
        device: 'gpu',
        model,
        measured,
        terms: { ...terms, memoryBytes: memoryGiB * 2 ** 30, watts },
        calibrate: () => Promise.resolve(modelCalibration(planned.id, measured)),
      };
    }
    case 'rate': {
      const { flopsPerSecond } = planned;
      const calibration: Calibration = { flopsPerSecond, device: 'a GPU of that rate', basis: { kind: 'given' } };
      return { device: 'gpu', terms, measured: { notes: [] }, calibrate: () => Promise.resolve(calibration) };
    }
    case 'here': {
      const device = detectedDevice(planned.device);
      const memoryBytes = deviceMemory(device);
      const measured = checkedDevice(device);
      return {
        device,
        measured,
        terms: { ...terms, ...(memoryBytes !== undefined && { memoryBytes }) },
        calibrate: () =>
          measured.calibration && !measureAgain
            ? Promise.resolve(measured.calibration)
            : rateHere(device, measureAgain),
      };
    }
  }
}

/** What the device at hand sustains on convolutions like those of the networks. */
async function rateHere(device: Device, again: boolean): Promise<Calibration> {
  const { flopsPerSecond, measured } = await keptRate(device, { clock: systemClock, output: standardError(), again });
  return { flopsPerSecond, device, measured };
}

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

function price(text: string): number {
  if (!/^\d+(\.\d+)?$/.test(text) || Number(text) === 0) {
    throw new InvalidArgumentError('Give the price of an hour as a number above 0, such as 2.49.');
  }
  return Number(text);
}

function percent(text: string): number {
  const value = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || value === 0 || value >= 100) {
    throw new InvalidArgumentError('Give a percentage between 0 and 100, such as 5.');
  }
  return value / 100;
}

await runCommand(command);
