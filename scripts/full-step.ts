/**
 * @file `npm run full-step -- [recipes]`: one training step of the published networks, whole, to see that they train on the machine at hand.
 * Images are noise and, unless its weights are there, LPIPS looks through an untrained VGG16: the loss means nothing but that it is finite.
 */
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { Command, Option } from 'commander';
import { execa } from 'execa';
import { sizeOf } from '../harness/network/parameter.ts';
import { vgg16Groups } from '../harness/network/vgg16/modules.ts';
import { vgg16Parameters } from '../harness/network/vgg16/parameters.ts';
import { systemClock } from '../harness/core/clock.ts';
import { DivergenceError, UsageError, described } from '../harness/core/errors.ts';
import { standardError } from '../harness/system/progress.ts';
import { HostRandom } from '../harness/core/random.ts';
import { peakResidentBytes } from '../harness/system/resident-memory.ts';
import { suggestion } from '../harness/core/suggest.ts';
import { formatBytes, formatCount, significant } from '../harness/core/units.ts';
import { compileCarried } from '../harness/engine/compile/carried.ts';
import { detectedDevice } from '../harness/engine/device.ts';
import { openEngine } from '../harness/engine/open.ts';
import { buildNetwork } from '../harness/network/network.ts';
import { parameterLayout } from '../harness/network/flat.ts';
import { costOf } from '../harness/plan/cost.ts';
import { engineSettings } from '../harness/plan/engine-settings.ts';
import { resolvePlan } from '../harness/plan/resolve.ts';
import { Timetable } from '../harness/plan/timetable.ts';
import type { Plan } from '../harness/plan/types.ts';
import type { Recipe } from '../harness/recipe/types.ts';
import { openDistance } from '../harness/run/distance.ts';
import type { ImageDistance } from '../harness/train/distance.ts';
import { lpipsDistance } from '../harness/train/lpips.ts';
import { lpipsLinear } from '../harness/train/lpips-weights.ts';
import { initialState } from '../harness/train/state.ts';
import { stepInputs } from '../harness/train/step-inputs.ts';
import { trainStep } from '../harness/train/step.ts';
import { recipes } from '../recipes/index.ts';
import { scales } from '../recipes/scales.ts';
import { runCommand } from '../harness/cli/command.ts';
import { positive } from '../harness/cli/numbers.ts';

interface Options {
  readonly batch: number;
  readonly device: 'auto' | 'cpu' | 'gpu';
  readonly seed: number;
  readonly recompute?: true;
  readonly vgg16?: true;
}

const usual = ['cifar10-ct', 'cifar10-ict', 'imagenet64-ct', 'imagenet64-ict'];

const command = new Command('npm run full-step --')
  .description(
    'Takes one training step of each recipe with its published network: seconds, memory, and that the loss is finite.',
  )
  .argument('[recipes...]', 'ids of recipes', usual)
  .option('--batch <images>', 'images of the step', positive, 1)
  .option('--seed <number>', 'of weights, images and noise', positive, 1)
  .option('--recompute', 'compute activations again in the backward pass')
  .option('--vgg16', 'LPIPS with the weights of VGG16, downloaded if need be')
  .addOption(new Option('--device <kind>', 'where the engine runs').choices(['auto', 'cpu', 'gpu']).default('auto'))
  .action(async (ids: string[], options: Options) => {
    const chosen = ids.map(recipeNamed);
    const [only] = chosen;
    if (chosen.length === 1) await takeStep(only!, options);
    // A process each: the memory of one does not count for the next.
    else for (const { id } of chosen) await inOwnProcess(id);
  });

async function inOwnProcess(id: string): Promise<void> {
  const options = process.argv.slice(2).filter((word) => !Object.hasOwn(recipes, word));
  const script = join(import.meta.dirname, 'full-step.ts');
  const { exitCode } = await execa(process.execPath, [...process.execArgv, '--import', 'tsx', script, id, ...options], {
    stdio: 'inherit',
    reject: false,
  });
  if (exitCode) process.exitCode = exitCode;
}

async function takeStep(recipe: Recipe, { batch, seed, recompute, device: asked, vgg16 }: Options): Promise<void> {
  const device = detectedDevice(asked);
  const output = standardError();
  await openEngine({ device, output });
  const scale = { ...scales[recipe.data.dataset].paper!, batchImages: batch };
  const plan = resolvePlan({
    recipe,
    scale,
    seed,
    engine: engineSettings(batch, { device, ...(recompute && { recompute }) }, recipe),
  });
  const built = buildNetwork(recipe, plan.engine);
  const layout = parameterLayout(built.parameters);
  const { microBatchImages } = plan.engine;
  const distance = vgg16 ? await openDistance(plan, output) : await untrainedDistance(plan);
  const step = trainStep({
    recipe,
    layout,
    network: built.network,
    distance,
    microBatchImages,
    recompute: plan.engine.recompute,
  });
  const state = initialState(recipe, layout, seed);
  const compiled = compileCarried(step, state, { name: 'full_step' });
  tf.dispose(Object.values(state) as tf.Tensor[]);
  const timetable = new Timetable(plan);
  const seconds: number[] = [];
  for (let k = 0; k < 2; k++) {
    const begun = systemClock.now();
    const metrics = compiled.run(stepInputs(plan, timetable, k, noiseBatch(plan, k)));
    const [loss, gradientNorm] = metrics.dataSync() as Float32Array;
    seconds.push((systemClock.now() - begun) / 1000);
    if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) {
      throw new DivergenceError({
        where: `step ${k + 1} of ${recipe.id}`,
        got: described(`loss ${loss!}, gradient norm ${gradientNorm!}`),
        expected: 'finite numbers',
        remedy: 'Report this: the published network must train from its own initialisation',
      });
    }
    console.log(
      `${recipe.id}: step ${k + 1}, loss ${significant(loss!, 6)}, gradient norm ${significant(gradientNorm!, 6)}`,
    );
  }
  const { bytes, network } = costOf(plan);
  const peak = peakResidentBytes();
  console.log(
    `${recipe.id}: ${formatCount(network.parameters)} parameters, batch ${batch}, first step ${seconds[0]!.toFixed(1)} s, second ${seconds[1]!.toFixed(1)} s, ` +
      `peak ${formatBytes(peak)} (estimated ${formatBytes(bytes.peak)}) on the ${device}`,
  );
}

/** Values in [-1, 1) and labels, as a data set would give. */
function noiseBatch({ recipe, seed, asRun: { batchImages } }: Plan, k: number) {
  const random = new HostRandom(seed, 'data-order', k);
  const { resolution } = recipe.network;
  const images = Float32Array.from({ length: batchImages * resolution ** 2 * 3 }, () => 2 * random.uniform() - 1);
  const classes = recipe.network.kind === 'adm' ? (recipe.network.classes ?? 1) : 1;
  const labels = Int32Array.from({ length: batchImages }, () => Math.floor(random.uniform() * classes));
  return { images, labels };
}

async function untrainedDistance(plan: Plan): Promise<ImageDistance> {
  const { distance } = plan.recipe.method;
  if (distance.kind !== 'lpips') return openDistance(plan, standardError());
  const groups = vgg16Groups();
  const random = new HostRandom(plan.seed, 'init', 1);
  const vgg = Object.fromEntries(
    vgg16Parameters(groups).map(({ name, shape }) => {
      // Uniform with the deviation sqrt(2 / inputs) keeps the size of features from layer to layer; biases are zero.
      const bound = shape.length === 4 ? Math.sqrt(6 / (shape[0]! * shape[1]! * shape[2]!)) : 0;
      const values = Float32Array.from({ length: sizeOf(shape) }, () => bound * (2 * random.uniform() - 1));
      return [name, tf.keep(tf.tensor(values, [...shape]))];
    }),
  );
  const linear = lpipsLinear().map((weights) => tf.keep(tf.tensor1d(weights)));
  return lpipsDistance({ groups, vgg, linear, pooling: distance.pooling, resizeTo: 224 });
}

function recipeNamed(id: string): Recipe {
  const recipe = Object.hasOwn(recipes, id) ? recipes[id] : undefined;
  if (recipe) return recipe;
  throw new UsageError({
    where: 'recipe',
    got: id,
    expected: 'the id of a recipe',
    remedy: suggestion(id, Object.keys(recipes)),
  });
}

await runCommand(command);
