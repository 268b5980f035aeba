/** @file `npm run plan <dataset> -- [options]`: the resolved plan of every cell with its cost; runs nothing. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { costOf, type Calibration } from '../harness/plan/cost.ts';
import { engineSettings } from '../harness/plan/engine-settings.ts';
import { datasetIds, datasetNamed, recipeNamed, scaleNamed } from '../harness/plan/names.ts';
import { planText } from '../harness/plan/print.ts';
import { resolvePlan } from '../harness/plan/resolve.ts';
import type { EngineSettings, Plan } from '../harness/plan/types.ts';
import { mainRecipes, recipes } from '../recipes/index.ts';
import { scales } from '../recipes/scales.ts';
import { runCommand } from './command.ts';

interface Options {
  readonly scale?: string;
  readonly recipes?: string[];
  readonly seeds: number[];
  readonly device: EngineSettings['device'];
  readonly precision: EngineSettings['precision'];
  readonly engineMode: EngineSettings['mode'];
  readonly microBatch?: number;
  readonly recompute?: true;
  readonly json?: true;
}

/** Measures what the engine sustains; absent until the engine offers it, and then the cost is printed without hours. */
const calibrate = undefined as (() => Promise<Calibration>) | undefined;

const command = new Command('npm run plan --')
  .description('Prints what would be run, published beside as run, and what it would cost. Nothing is run or written.')
  .argument('<dataset>', `one of ${datasetIds.join(', ')}`)
  .option('--scale <name>', 'how much of the recipes is run (default: hour on a GPU, smoke on a CPU)')
  .option('--recipes <names>', 'recipes such as ct,ict (default: both)', list)
  .option('--seeds <numbers>', 'seeds such as 0,1,2', numbers, [0])
  .addOption(new Option('--device <kind>', 'where the engine runs').choices(['cpu', 'gpu']).default('cpu'))
  .addOption(
    new Option('--precision <type>', 'inputs of matrix products').choices(['float32', 'bfloat16']).default('float32'),
  )
  .addOption(
    new Option('--engine-mode <mode>', 'one native function, or op by op')
      .choices(['compiled', 'eager'])
      .default('compiled'),
  )
  .option('--micro-batch <images>', 'images per pass inside a step', natural)
  .option('--recompute', 'compute activations again in the backward pass instead of keeping them')
  .option('--json', 'print one JSON document: plans and costs')
  .action(async (dataset: string, options: Options) => {
    const plans = plansOf(dataset, options);
    const calibration = await calibrate?.();
    if (options.json) {
      const cells = plans.map((plan) => ({ plan, cost: costOf(plan, calibration) }));
      console.log(JSON.stringify({ calibration: calibration ?? null, cells }, null, 2));
      return;
    }
    if (options.scale === undefined)
      console.log(`Scale ${plans[0]!.scale.id}, since the device is ${options.device}.\n`);
    console.log(plans.map((plan) => planText(plan, costOf(plan, calibration), calibration)).join('\n\n\n'));
  });

/** Recipe by recipe, seed by seed. */
function plansOf(name: string, options: Options): Plan[] {
  const dataset = datasetNamed(name);
  const onGpu = options.device === 'gpu' && dataset !== 'shapes';
  const scale = scaleNamed(scales, dataset, options.scale ?? (onGpu ? 'hour' : 'smoke'));
  const chosen = options.recipes?.map((recipe) => recipeNamed(recipes, dataset, recipe)) ?? mainRecipes[dataset];
  return chosen.flatMap((recipe) =>
    options.seeds.map((seed) => {
      const asked = {
        device: options.device,
        precision: options.precision,
        mode: options.engineMode,
        ...(options.recompute && { recompute: true }),
        ...(options.microBatch !== undefined && { microBatchImages: options.microBatch }),
      };
      const engine = engineSettings(scale.batchImages ?? recipe.tuning.batchImages, asked, recipe);
      return resolvePlan({ recipe, scale, seed, engine });
    }),
  );
}

function list(text: string): string[] {
  const items = text.split(',').map((item) => item.trim());
  if (items.some((item) => item === '')) throw new InvalidArgumentError('Separate names by single commas.');
  return items;
}

function numbers(text: string): number[] {
  return list(text).map(natural);
}

function natural(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('Give whole numbers.');
  return Number(text);
}

await runCommand(command);
