/**
 * @file Command `npm run reproduce <dataset> -- [options]`: plans and runs every cell, and reports.
 *
 * Started again, it goes on where it stopped.
 */
import { join, relative, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { systemClock } from '../harness/core/clock.ts';
import { shellLine } from '../harness/core/shell.ts';
import { detectedDevice, deviceMemory, hardwareName } from '../harness/engine/device.ts';
import { runCommand } from '../harness/cli/command.ts';
import { ownProcess } from '../harness/cli/own-process.ts';
import { positive } from '../harness/cli/numbers.ts';
import { withPlanOptions, type PlanOptions } from '../harness/cli/plan-options.ts';
import { requireNamedDevice, withRunOptions, type RunOptions } from '../harness/cli/run-options.ts';
import { powerText } from '../harness/judge/print.ts';
import { costOf } from '../harness/plan/cost.ts';
import { requireFit } from '../harness/plan/devices/fit.ts';
import { datasetNamed } from '../harness/plan/names.ts';
import { datasetIds, datasets } from '../harness/recipe/dataset.ts';
import { commandText, planText } from '../harness/plan/print.ts';
import { requestedPlans } from '../harness/plan/request.ts';
import type { Plan } from '../harness/plan/types.ts';
import { weightsParts, type WeightsPart } from '../harness/recipe/weights-part.ts';
import { countCells, requireWholeRun } from '../harness/results/run.ts';
import { checkedDevice } from './bench/checked-device.ts';
import { exitCodes } from '../harness/core/errors.ts';
import { agreementLine } from '../harness/judge/studies/agreement.ts';
import { readSampledHere } from '../harness/results/origin/sampled-here.ts';
import { committedWeightsFolder } from '../harness/results/origin/committed-weights.ts';
import { globalBatchText } from '../harness/run/cell/ranks/cell-ranks.ts';
import { chooseCommitted, committedLines, sampleCommitted } from '../harness/run/committed.ts';
import { requestWeights } from '../harness/run/given-weights.ts';
import { executeCells, executors, requirePlaces } from '../harness/run/executors/execute.ts';
import { reproduce } from '../harness/run/reproduce.ts';
import { requireOutputFile } from '../harness/system/files/output-file.ts';
import { standardError } from '../harness/system/progress.ts';
import { catalogue } from '../recipes/index.ts';
import { papers } from '../recipes/papers/index.ts';

interface Options extends PlanOptions, RunOptions {
  readonly runs: string;
  readonly name?: string;
  readonly data?: string;
  readonly weights?: string;
  readonly part: WeightsPart;
  readonly inception?: string;
  readonly reference?: string;
  readonly redraws?: number;
  readonly amend?: string;
  readonly strict?: true;
  readonly dryRun?: true;
  readonly json?: true;
}

const command = withRunOptions(
  withPlanOptions(
    new Command('npm run reproduce')
      .description('Trains, samples, scores and reports: CT beside iCT, or the recipes that are named.')
      .argument('<dataset>', `one of ${datasetIds.join(', ')}`, datasetNamed),
  ),
  executors,
)
  .option('--runs <folder>', 'where runs are kept', 'runs')
  .option('--name <name>', 'name of the run (default: data set and scale, or data set and weights)')
  .option('--data <path>', 'data in place of what would be downloaded; recorded, and never called published')
  .option('--weights <file>', "sample and score these weights, of the authors' code or of this project; train nothing")
  .addOption(
    new Option('--part <name>', 'which weights of a training state').choices(weightsParts).default('sampling-ema'),
  )
  .option('--inception <file>', 'the 2015 Inception graph (.pb or .tgz) in place of what would be downloaded')
  .option('--reference <npz>', 'reference statistics in place of what would be downloaded')
  .option(
    '--redraws <n>',
    'further draws of latents that every finished cell is to have; those it lacks are scored from its weights',
    positive,
  )
  .option('--amend <why>', 'change what was registered although the run has begun; the report prints the reason')
  .option('--strict', 'write no report while a planned cell has not finished')
  .option('--dry-run', 'print the plan and its cost, run nothing')
  .option('--json', 'print one JSON document in place of text')
  .action(run);

/** Whose cache the cells use. */
const placeOf = { local: 'here', slurm: 'shared', render: 'unknown' } as const;

async function run(dataset: string, options: Options): Promise<void> {
  const say = (text: string): void => {
    if (!options.json) console.log(text);
  };
  const { executor } = options;
  requireNamedDevice(executor, options.device);
  const device = options.device !== 'auto' && executor !== 'local' ? options.device : detectedDevice(options.device);
  const { weights: path, part, recipes } = options;
  const weights =
    path === undefined
      ? undefined
      : await requestWeights({ path, part, ...(recipes && { recipes }) }, dataset, catalogue, papers.claims);
  const measured = checkedDevice(device);
  const memoryBytes = deviceMemory(device);
  const plans = requestedPlans(catalogue, dataset, options, device, {
    weights,
    deviceBytes: memoryBytes,
    measured: measured.defaults,
  });
  // A pass that was asked for is taken: the plan's figure is an estimate.
  if (memoryBytes !== undefined && options.microBatch === undefined) {
    for (const plan of plans) requireFit(plan, memoryBytes, hardwareName(device));
  }
  const chosen = options.scale === undefined ? `, since the device is a ${device === 'gpu' ? 'GPU' : 'CPU'}` : '';
  say(`Scale ${plans[0]!.scale.id}${chosen}: ${plans.length} cells on the ${device}.`);
  for (const note of measured.notes) say(note);
  const { ranks = 1 } = options;
  if (ranks > 1)
    for (const text of new Set(plans.map((plan) => globalBatchText(plan, ranks)))) say(`Each cell: ${text}.`);
  if (options.dryRun) {
    printPlans(plans, options);
    return;
  }
  const what = weights ? `weights-${weights.given.sha256.slice(0, 8)}` : plans[0]!.scale.id;
  const runFolder = join(options.runs, options.name ?? `${dataset}-${what}`);
  const { reportPaths, writeReport } = await import('../harness/report/report.ts');
  const { html, csv } = reportPaths(runFolder);
  for (const path of [html, csv]) requireOutputFile(path);
  requirePlaces(options, plans as [Plan, ...Plan[]]);
  const line = commandLine(dataset, options);
  const checkout = resolve(import.meta.dirname, '..');
  const trained = [...new Map(plans.map(({ recipe }) => [recipe.id, recipe])).values()];
  const committed = samplesCommitted(dataset, options)
    ? chooseCommitted(committedWeightsFolder(checkout), trained, device)
    : null;
  const about = { runFolder, plans: plans as [Plan, ...Plan[]], output: standardError(), clock: systemClock, checkout };
  const { run, exitCode } = await reproduce({
    ...about,
    where: placeOf[executor],
    files: options,
    command: line,
    cellProcess: (folder) => cellProcess(folder, line, options),
    execute: (cells) => executeCells(cells, options, about),
    ...(options.amend !== undefined && { amend: options.amend }),
    onRegistered: (judgement) => say(powerText(plans, judgement)),
  });
  const besideCode = committed
    ? await sampleCommitted(committed, {
        ...about,
        where: placeOf[executor],
        files: {},
        command: line,
        cellProcess: (folder, own) => [...ownProcess('cell'), folder, '--command', line, '--weights', own],
        execute: (cells, beside) => executeCells(cells, options, { ...about, ...beside }),
      })
    : exitCodes.done;
  if (committed) for (const text of [...committedLines(committed), ...agreementLines(runFolder)]) say(text);
  process.exitCode = exitCode === exitCodes.done ? besideCode : exitCode;
  const { done, planned } = countCells(run.ledger);
  if (options.strict) requireWholeRun(run);
  if (run.ledger.every(({ result }) => result === null)) {
    console.log(`${done} of ${planned} cells done: there is nothing to report.`);
    return;
  }
  const paths = writeReport(runFolder, run, papers);
  if (options.json) console.log(JSON.stringify({ run: runFolder, done, planned, ...paths }));
  else console.log(`${done} of ${planned} cells done. Report: ${relative(process.cwd(), paths.html)}`);
}

/** What the weights of the repository gave when they were committed, and here. */
function agreementLines(runFolder: string): string[] {
  return (readSampledHere(runFolder)?.cells ?? []).flatMap(({ row: { cell, state, result }, committed }) =>
    state === 'done' && result ? [agreementLine(cell, committed, result)] : [],
  );
}

/** The first command takes a few steps, which show nothing: it samples what longer training gave as well. */
function samplesCommitted(dataset: string, { scale, weights, executor }: Options): boolean {
  const first = scale === undefined && weights === undefined && executor === 'local';
  return first && datasets[datasetNamed(dataset)].generated;
}

function printPlans(plans: readonly Plan[], { json }: Options): void {
  const cells = plans.map((plan) => ({ plan, cost: costOf(plan) }));
  if (json) {
    console.log(JSON.stringify({ cells }, null, 2));
    return;
  }
  const texts = cells.map(({ plan, cost }) => planText(plan, cost));
  console.log([...texts, commandText(cells.map(({ cost }) => cost))].join('\n\n\n'));
}

/** The whole command line as a person would type it. */
function commandLine(dataset: string, options: Options): string {
  const extra = shellLine(process.argv.slice(2).filter((word) => word !== dataset));
  return `npm run reproduce ${dataset}${options.json || extra ? ` -- ${extra}` : ''}`.trimEnd();
}

function cellProcess(folder: string, line: string, options: Options): [string, ...string[]] {
  const passed = ['data', 'weights', 'inception', 'reference', 'redraws', 'ranks'] as const;
  const extra = passed.flatMap((name) => {
    const value = options[name];
    return value === undefined ? [] : [`--${name}`, String(value)];
  });
  return [...ownProcess('cell'), folder, '--command', line, ...extra];
}

await runCommand(command);
