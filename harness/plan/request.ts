/** @file Turns a request for cells (recipes, scale, seeds, engine settings) into one plan per cell. */
import { UsageError, described } from '../core/errors.ts';
import type { Catalogue } from '../recipe/catalogue.ts';
import { datasets, type DatasetId } from '../recipe/dataset.ts';
import type { ScaleId } from '../recipe/scale.ts';
import type { Recipe } from '../recipe/types.ts';
import { engineSettings, type MeasuredDefaults } from './engine-settings.ts';
import { datasetNamed, recipesNamed, scaleNamed } from './names.ts';
import { resolvePlan } from './resolve.ts';
import type { EngineSettings, GivenWeights, GroupNormKind, Plan, Reduction } from './types.ts';

/** What a person may choose; what is left out follows the data set and the device. */
export interface PlanRequest {
  readonly scale?: string;
  /** Recipes by id, with or without the data set, and families of them: `ladder`, `leave-one-out`. */
  readonly recipes?: readonly string[];
  readonly seeds?: readonly number[];
  readonly precision: EngineSettings['precision'];
  readonly engineMode: EngineSettings['mode'];
  /** Images per pass inside a step. */
  readonly microBatch?: number;
  readonly recompute?: true;
  /** Processes that share each batch; absent: one. */
  readonly ranks?: number;
  readonly reduction?: Reduction;
  /** Absent: native where there is one. */
  readonly groupNorm?: GroupNormKind;
  /** Undefined: as a check of the device measured, else off. */
  readonly xla?: boolean;
  /** False: products of float32 in full on a GPU; else rounded to TensorFloat-32 there. */
  readonly tf32?: boolean;
}

/** Weights that were trained elsewhere, and the recipes that may have trained them. */
export interface WeightsRequest {
  readonly given: GivenWeights;
  readonly recipes: readonly Recipe[];
}

/** What is there before the request. */
export interface RequestGivens {
  readonly weights?: WeightsRequest | undefined;
  /** Memory of the GPU, where it is known: a pass is kept small enough for it. */
  readonly deviceBytes?: number | undefined;
  /** By a check of the device, where there is one. */
  readonly measured?: MeasuredDefaults | undefined;
}

/**
 * One plan per cell: recipe by recipe, seed by seed.
 * @throws UsageError on a name that is none, or when several recipes are named for given weights
 */
export function requestedPlans(
  catalogue: Catalogue,
  name: string,
  options: PlanRequest,
  device: EngineSettings['device'],
  { weights, deviceBytes, measured }: RequestGivens = {},
): Plan[] {
  const dataset = datasetNamed(name);
  const scale = scaleNamed(catalogue.scales, dataset, options.scale ?? usualScale(catalogue, dataset, device, weights));
  const seeds = options.seeds ?? (weights ? undefined : catalogue.usualSeeds[dataset][scale.id]) ?? [0];
  const chosen = chosenRecipes(catalogue, dataset, options, weights?.recipes);
  const { ranks = 1 } = options;
  return chosen.flatMap((recipe) =>
    seeds.map((seed) => {
      const batchImages = scale.batchImages ?? recipe.tuning.batchImages;
      requireShared(batchImages, ranks, options.microBatch);
      const engine = engineSettings(
        batchImages / ranks,
        {
          device,
          precision: options.precision,
          mode: options.engineMode,
          ...(options.recompute && { recompute: true }),
          // TensorFlow has no exchange between processes inside XLA.
          ...(options.xla === undefined ? ranks > 1 && { xla: false } : { xla: options.xla }),
          ...(ranks > 1 && options.reduction === 'fast' && { reduction: 'fast' as const, ranks }),
          ...(options.tf32 === false && { tf32: false }),
          groupNorm: options.groupNorm,
          ...(options.microBatch !== undefined && { microBatchImages: options.microBatch }),
        },
        recipe,
        deviceBytes,
        measured,
      );
      requireGroupNorm(options, engine);
      return resolvePlan({ recipe, scale, seed, engine, ...(weights && { weights: weights.given }) });
    }),
  );
}

/** @throws UsageError when the native operation is asked for where there is none */
function requireGroupNorm({ groupNorm }: PlanRequest, settled: EngineSettings): void {
  if (groupNorm !== 'native' || settled.groupNorm === groupNorm) return;
  throw new UsageError({
    where: '--group-norm',
    got: groupNorm,
    expected: 'plain: the native operation is for a CPU, and not for XLA',
    remedy: 'Leave --group-norm out',
  });
}

/** @throws UsageError when the images of a batch cannot be shared evenly */
function requireShared(batchImages: number, ranks: number, microBatch: number | undefined): void {
  const pass = microBatch ?? 1;
  if (ranks === 1 || batchImages % (ranks * pass) === 0) return;
  const whole =
    microBatch === undefined ? `the ${batchImages} images` : `the passes of ${pass} among the ${batchImages} images`;
  throw new UsageError({
    where: '--ranks',
    got: ranks,
    expected: `a number that divides ${whole} of a batch: its size is the recipe's, whoever computes it`,
    remedy: 'Choose another number of ranks, or a smaller --micro-batch',
  });
}

function usualScale(
  { scales }: Catalogue,
  dataset: DatasetId,
  device: EngineSettings['device'],
  weights: WeightsRequest | undefined,
): ScaleId {
  // Given weights need no training: all samples of the published protocol take a GPU minutes.
  if (weights && device === 'gpu' && scales[dataset].paper) return 'paper';
  return datasets[dataset].usualScale[device];
}

/** The recipes that are named; else the main ones, or the one whose weights are given. */
function chosenRecipes(
  catalogue: Catalogue,
  dataset: DatasetId,
  { recipes: named }: PlanRequest,
  ofWeights: readonly Recipe[] | undefined,
): readonly Recipe[] {
  const chosen = named ? recipesNamed(catalogue, dataset, named) : (ofWeights ?? catalogue.mainRecipes[dataset]);
  if (!ofWeights || chosen.length === 1) return chosen;
  const ids = ofWeights.map(({ id }) => id);
  throw new UsageError({
    where: '--recipes',
    got: described(chosen.map(({ id }) => id).join(', ')),
    expected: 'one recipe: that by which the weights were trained',
    remedy: `Name one, such as ${ids[0] ?? dataset}`,
  });
}
