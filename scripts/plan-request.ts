/** @file What `plan` and `reproduce` have in common: the options that choose cells, and the plans they stand for. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import { UsageError, described } from '../harness/core/errors.ts';
import { engineSettings } from '../harness/plan/engine-settings.ts';
import { datasetNamed, recipeNamed, scaleNamed } from '../harness/plan/names.ts';
import { resolvePlan } from '../harness/plan/resolve.ts';
import type { EngineSettings, GivenWeights, Plan } from '../harness/plan/types.ts';
import type { DatasetId, Recipe } from '../harness/recipe/types.ts';
import { mainRecipes, recipes } from '../recipes/index.ts';
import { scales, usualSeeds } from '../recipes/scales.ts';

export interface PlanOptions {
  readonly scale?: string;
  readonly recipes?: string[];
  readonly seeds?: number[];
  readonly device: 'auto' | EngineSettings['device'];
  readonly precision: EngineSettings['precision'];
  readonly engineMode: EngineSettings['mode'];
  readonly microBatch?: number;
  readonly recompute?: true;
  readonly xla?: true;
}

/** Adds the options that choose scale, recipes, seeds and engine settings. */
export function withPlanOptions(command: Command): Command {
  return command
    .option('--scale <name>', 'how much of the recipes is run (default: hour on a GPU, smoke on a CPU)')
    .option('--recipes <names>', 'recipes such as ct,ict (default: both)', list)
    .option(
      '--seeds <numbers>',
      'seeds such as 0,1,2 (default: three where the scale is for comparisons, else 0)',
      numbers,
    )
    .addOption(new Option('--device <kind>', 'where the engine runs').choices(['auto', 'cpu', 'gpu']).default('auto'))
    .addOption(
      new Option('--precision <type>', 'of the branches of residual and attention blocks')
        .choices(['float32', 'bfloat16'])
        .default('float32'),
    )
    .addOption(
      new Option('--engine-mode <mode>', 'one native function, or op by op')
        .choices(['compiled', 'eager'])
        .default('compiled'),
    )
    .option('--micro-batch <images>', 'images per pass inside a step', natural)
    .option('--recompute', 'compute activations again in the backward pass instead of keeping them')
    .option('--xla', 'compile the step further with XLA');
}

/** Weights that were trained elsewhere, and the recipes that may have trained them. */
export interface WeightsRequest {
  readonly given: GivenWeights;
  readonly recipes: readonly Recipe[];
}

/** One plan per cell: recipe by recipe, seed by seed. */
export function requestedPlans(
  name: string,
  options: PlanOptions,
  device: EngineSettings['device'],
  weights?: WeightsRequest,
): Plan[] {
  const dataset = datasetNamed(name);
  const onGpu = device === 'gpu' && dataset !== 'shapes';
  // Given weights need no training: all samples of the published protocol take a GPU minutes.
  const usual = onGpu ? (weights ? 'paper' : 'hour') : 'smoke';
  const scale = scaleNamed(scales, dataset, options.scale ?? usual);
  const seeds = options.seeds ?? (weights ? undefined : usualSeeds[dataset][scale.id]) ?? [0];
  const chosen = chosenRecipes(dataset, options, weights?.recipes);
  return chosen.flatMap((recipe) =>
    seeds.map((seed) => {
      const engine = engineSettings(
        scale.batchImages ?? recipe.tuning.batchImages,
        {
          device,
          precision: options.precision,
          mode: options.engineMode,
          ...(options.recompute && { recompute: true }),
          ...(options.xla && { xla: true }),
          ...(options.microBatch !== undefined && { microBatchImages: options.microBatch }),
        },
        recipe,
      );
      return resolvePlan({ recipe, scale, seed, engine, ...(weights && { weights: weights.given }) });
    }),
  );
}

/** The recipes that are named; else the main ones, or the one whose weights are given. */
function chosenRecipes(
  dataset: DatasetId,
  { recipes: named }: PlanOptions,
  ofWeights: readonly Recipe[] | undefined,
): readonly Recipe[] {
  const chosen = named?.map((recipe) => recipeNamed(recipes, dataset, recipe)) ?? ofWeights ?? mainRecipes[dataset];
  if (!ofWeights || chosen.length === 1) return chosen;
  const ids = ofWeights.map(({ id }) => id);
  throw new UsageError({
    where: '--recipes',
    got: described(chosen.map(({ id }) => id).join(', ')),
    expected: 'one recipe: that by which the weights were trained',
    remedy: `Name one, such as ${ids[0] ?? dataset}`,
  });
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
