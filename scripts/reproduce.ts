/** @file `npm run reproduce <dataset> -- [options]`: plan, run every cell, report. Started again, it goes on where it stopped. */
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, Option } from 'commander';
import { cacheFolder } from '../harness/system/cache-folder.ts';
import { systemClock } from '../harness/core/clock.ts';
import { CheckpointedExit, DataError, PlanError, described, exitCodes } from '../harness/core/errors.ts';
import { sha256OfFile } from '../harness/system/files/file-hash.ts';
import { exists, makeFolder } from '../harness/system/files/files.ts';
import { standardError, type Output } from '../harness/system/progress.ts';
import { warningText } from '../harness/core/warnings.ts';
import type { DataContext } from '../harness/data/packed.ts';
import { detectedDevice } from '../harness/engine/device.ts';
import { costOf } from '../harness/plan/cost.ts';
import { powerText } from '../harness/judge/print.ts';
import { datasetIds, datasetNamed, recipeNamed } from '../harness/plan/names.ts';
import { planFileName, readPlan, writePlan } from '../harness/plan/plan-file.ts';
import { commandText, planText } from '../harness/plan/print.ts';
import type { Plan } from '../harness/plan/types.ts';
import type { DatasetId, Recipe } from '../harness/recipe/types.ts';
import { weightsParts, type WeightsPart } from '../harness/recipe/weights-part.ts';
import {
  cellFolderName,
  registerRun,
  type Registration,
  type RegistrationRequest,
} from '../harness/results/registration.ts';
import { countCells, readRun } from '../harness/results/run.ts';
import { runCellsLocally } from '../harness/run/executor.ts';
import { papers } from '../recipes/papers/index.ts';
import { mainRecipes, recipes } from '../recipes/index.ts';
import { positive } from '../harness/cli/numbers.ts';
import { runCommand } from '../harness/cli/command.ts';
import { requestedPlans, withPlanOptions, type PlanOptions, type WeightsRequest } from './plan-request.ts';

interface Options extends PlanOptions {
  readonly runs: string;
  readonly name?: string;
  readonly data?: string;
  readonly weights?: string;
  readonly part: WeightsPart;
  readonly inception?: string;
  readonly reference?: string;
  readonly redraws?: number;
  readonly amend?: string;
  readonly dryRun?: true;
  readonly json?: true;
}

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');

const command = withPlanOptions(
  new Command('npm run reproduce')
    .description('Trains, samples, scores and reports: CT beside iCT, or the recipes that are named.')
    .argument('<dataset>', `one of ${datasetIds.join(', ')}`, datasetNamed),
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
  .option('--dry-run', 'print the plan and its cost, run nothing')
  .option('--json', 'print one JSON document in place of text')
  .action(reproduce);

async function reproduce(dataset: string, options: Options): Promise<void> {
  const output = standardError();
  const device = detectedDevice(options.device);
  const weights = await weightsRequest(dataset, options);
  const plans = requestedPlans(dataset, options, device, weights);
  const chosen = options.scale === undefined ? `, since the device is a ${device === 'gpu' ? 'GPU' : 'CPU'}` : '';
  if (!options.json) console.log(`Scale ${plans[0]!.scale.id}${chosen}: ${plans.length} cells on the ${device}.`);
  if (options.dryRun) {
    printPlans(plans, options);
    return;
  }
  const line = commandLine(dataset, options);
  const what = weights ? `weights-${weights.given.sha256.slice(0, 8)}` : plans[0]!.scale.id;
  const runFolder = join(options.runs, options.name ?? `${dataset}-${what}`);
  const data = await provide(plans[0]!, options, device, output);
  makeFolder(runFolder);
  const amend = options.amend === undefined ? {} : { amend: options.amend };
  const { judgement } = registerRun(runFolder, { plans, command: line, ...data, ...amend });
  if (!options.json) console.log(powerText(plans, judgement));
  for (const plan of plans) placePlan(cellFolder(runFolder, plan), plan);
  const cells = plans.map((plan) => ({
    name: `${plan.recipe.id} seed ${plan.seed}`,
    folder: cellFolder(runFolder, plan),
    command: cellCommand(cellFolder(runFolder, plan), line, options),
  }));
  try {
    const ends = await runCellsLocally(cells, forwardSignals, systemClock);
    const worst = ends.find(({ exitCode }) => exitCode !== exitCodes.done);
    if (worst) process.exitCode = worst.exitCode;
  } catch (thrown) {
    if (thrown instanceof CheckpointedExit)
      throw new CheckpointedExit(`${thrown.message}. Everything is kept; go on with: ${line}`);
    throw thrown;
  }
  const run = readRun(runFolder);
  const { done, planned } = countCells(run.ledger);
  if (run.ledger.every(({ result }) => result === null)) {
    console.log(`${done} of ${planned} cells done: there is nothing to report.`);
    return;
  }
  const { writeReport } = await import('../harness/report/report.ts');
  const paths = writeReport(runFolder, run, papers);
  if (options.json) console.log(JSON.stringify({ run: runFolder, done, planned, ...paths }));
  else console.log(`${done} of ${planned} cells done. Report: ${relative(process.cwd(), paths.html)}`);
}

/**
 * Installs the engine and fetches everything once, before any cell: what is missing is said before hours are spent.
 * @returns the images that cells will be trained on
 */
async function provide(
  plan: Plan,
  options: Options,
  device: 'cpu' | 'gpu',
  output: Output,
): Promise<Pick<RegistrationRequest, 'data'>> {
  const { ensureEngine } = await import('../harness/engine/install/install.ts');
  await ensureEngine({ device }, output);
  const { dataset } = plan.recipe.data;
  const context = { cache: cacheFolder(), output, clock: systemClock };
  const data = plan.weights ? {} : { data: await imagesOf(plan, options, context) };
  if (dataset !== 'shapes') {
    const { scoringSources } = await import('../harness/evaluate/inception.ts');
    const sources = await scoringSources(dataset, options, context);
    if ('kind' in sources) output.write(`${warningText(sources)}\nEverything else is run and reported.\n`);
  }
  return data;
}

async function imagesOf(
  { recipe }: Plan,
  { data }: Options,
  context: DataContext,
): Promise<NonNullable<Registration['data']>> {
  const { openSource } = await import('../harness/data/open.ts');
  const { classesOf } = await import('../harness/data/classes.ts');
  const choice = { ...(data !== undefined && { data }), networkClasses: classesOf(recipe.network) };
  const source = await openSource(recipe.data.dataset, context, choice);
  source.close();
  return { contentSha256: source.contentHash, origin: source.origin.text };
}

/** The weights that are named, checked to hold a network of the data set, and to be those of the recipe that is named. */
async function weightsRequest(name: string, options: Options): Promise<WeightsRequest | undefined> {
  const { weights: path, part, recipes: named } = options;
  if (path === undefined) return undefined;
  const dataset = datasetNamed(name);
  const { readWeights } = await import('../harness/network/weights/read.ts');
  const { recipesOfWeights } = await import('../harness/network/weights/recipes-of.ts');
  const file = readWeights(path, part);
  const asked = named?.map((one) => recipeNamed(recipes, dataset, one)) ?? [];
  const found = recipesOfWeights(file, [...new Set([...asked, ...weightsCandidates(dataset, file.recipe)])]);
  const [only] = asked;
  if (only !== undefined && asked.length === 1 && !found.includes(only)) {
    throw new DataError({
      where: path,
      got: described(`weights of ${found.map(({ id }) => id).join(' or ')}`),
      expected: `those of ${only.id}, as --recipes says`,
      remedy: 'Leave --recipes out, or name the recipe by which they were trained',
    });
  }
  return {
    given: {
      file: basename(path),
      sha256: await sha256OfFile(path),
      part,
      ...(file.gridLevels !== undefined && { gridLevels: file.gridLevels }),
    },
    recipes: found,
  };
}

/** Recipes of the data set whose weights a file may hold: the one that it names, else those with published numbers. */
function weightsCandidates(dataset: DatasetId, stated: string | null): readonly Recipe[] {
  const all = Object.values(recipes).filter(({ data }) => data.dataset === dataset);
  if (stated !== null) return all;
  const published = new Set(papers.claims.map(({ recipeId }) => recipeId));
  return dataset === 'shapes' ? mainRecipes.shapes : all.filter(({ id }) => published.has(id));
}

function printPlans(plans: readonly Plan[], { json }: Options): void {
  if (json) console.log(JSON.stringify({ cells: plans.map((plan) => ({ plan, cost: costOf(plan) })) }, null, 2));
  else
    console.log(
      [...plans.map((plan) => planText(plan, costOf(plan))), commandText(plans.map((plan) => costOf(plan)))].join(
        '\n\n\n',
      ),
    );
}

function cellFolder(runFolder: string, plan: Plan): string {
  return join(runFolder, cellFolderName(plan.recipe.id, plan.seed));
}

/** Writes the plan of a cell, or finds the same one there. */
function placePlan(folder: string, plan: Plan): void {
  const path = join(folder, planFileName);
  if (!exists(path)) {
    writePlan(path, plan);
    return;
  }
  const there = readPlan(path);
  if (there.fingerprint === plan.fingerprint) return;
  throw new PlanError({
    where: path,
    got: there.fingerprint.slice(0, 12),
    expected: `plan ${plan.fingerprint.slice(0, 12)}: recipe, scale, seed or engine settings have changed since the run began`,
    remedy: 'Give the new run a name with --name, or move the old folder away',
  });
}

/** The whole command line as a person would type it. */
function commandLine(dataset: string, options: Options): string {
  const words = process.argv.slice(2).filter((word) => word !== dataset);
  const extra = words
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(' ');
  return `npm run reproduce ${dataset}${options.json || extra ? ` -- ${extra}` : ''}`.trimEnd();
}

function cellCommand(folder: string, line: string, options: Options): [string, ...string[]] {
  const passed = ['data', 'weights', 'inception', 'reference', 'redraws'] as const;
  const extra = passed.flatMap((name) => {
    const value = options[name];
    return value === undefined ? [] : [`--${name}`, String(value)];
  });
  return [
    process.execPath,
    ...process.execArgv,
    '--import',
    'tsx',
    join(root, 'scripts', 'cell.ts'),
    folder,
    '--command',
    line,
    ...extra,
  ];
}

/** Passes what this process is told on to the cell that runs. */
function forwardSignals(forward: (signal: NodeJS.Signals) => void): () => void {
  const signals = ['SIGINT', 'SIGTERM', 'SIGUSR1'] as const;
  for (const signal of signals) process.on(signal, forward);
  return () => {
    for (const signal of signals) process.off(signal, forward);
  };
}

await runCommand(command);
