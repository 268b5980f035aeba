/**
 * @file Command `npm run full-step -- [recipes]`: takes first training steps of the published networks.
 *
 * They have their full size. Images are noise and, without --vgg16, LPIPS looks through an untrained network: the loss means nothing but
 * that it is finite.
 */
import { ownProcess } from '../../harness/cli/own-process.ts';
import { Command } from 'commander';
import { execa } from 'execa';
import { takeFullSteps, untrainedLpips } from '../../harness/bench/check/full-step.ts';
import { runCommand } from '../../harness/cli/command.ts';
import { positive } from '../../harness/cli/numbers.ts';
import { systemClock } from '../../harness/core/clock.ts';
import { UsageError } from '../../harness/core/errors.ts';
import { suggestion } from '../../harness/core/suggest.ts';
import { formatBytes, formatCount, significant } from '../../harness/core/units.ts';
import { detectedDevice } from '../../harness/engine/device.ts';
import { openEngine } from '../../harness/engine/engine.ts';
import { costOf } from '../../harness/plan/cost.ts';
import { engineSettings } from '../../harness/plan/engine-settings.ts';
import { resolvePlan } from '../../harness/plan/resolve.ts';
import type { Recipe } from '../../harness/recipe/types.ts';
import { openDistance } from '../../harness/run/cell/distance.ts';
import { standardError } from '../../harness/system/progress.ts';
import { peakResidentBytes } from '../../harness/system/process/resident-memory.ts';
import { recipes } from '../../recipes/index.ts';
import { scales } from '../../recipes/scales.ts';
import { deviceOption } from '../../harness/cli/device-option.ts';
import type { DeviceChoice } from '../../harness/core/device.ts';

interface Options {
  readonly batch: number;
  readonly device: DeviceChoice;
  readonly seed: number;
  readonly recompute?: true;
  readonly vgg16?: true;
}

const usual = ['cifar10-ct', 'cifar10-ict', 'imagenet64-ct', 'imagenet64-ict'];

const command = new Command('npm run full-step --')
  .description(
    'Takes two training steps of each recipe with its published network: seconds, memory, and that the loss is finite.',
  )
  .argument('[recipes...]', 'ids of recipes', usual)
  .option('--batch <images>', 'images of the step', positive, 1)
  .option('--seed <number>', 'of weights, images and noise', positive, 1)
  .option('--recompute', 'compute activations again in the backward pass')
  .option('--vgg16', 'LPIPS with the weights of VGG16, downloaded if need be')
  .addOption(deviceOption())
  .action(async (ids: string[], options: Options) => {
    const chosen = ids.map(recipeNamed);
    const [only] = chosen;
    if (chosen.length === 1) await takeSteps(only!, options);
    // A process each: the memory of one does not count for the next.
    else for (const { id } of chosen) await inOwnProcess(id);
  });

async function inOwnProcess(id: string): Promise<void> {
  const options = process.argv.slice(2).filter((word) => !Object.hasOwn(recipes, word));
  const [program, ...args] = ownProcess('development/full-step');
  const { exitCode } = await execa(program, [...args, id, ...options], {
    stdio: 'inherit',
    reject: false,
  });
  if (exitCode) process.exitCode = exitCode;
}

async function takeSteps(recipe: Recipe, { batch, seed, recompute, device: asked, vgg16 }: Options): Promise<void> {
  const device = detectedDevice(asked);
  const scale = { ...scales[recipe.data.dataset].paper!, batchImages: batch };
  const engine = engineSettings(batch, { device, ...(recompute && { recompute }) }, recipe);
  const plan = resolvePlan({ recipe, scale, seed, engine });
  const output = standardError();
  await openEngine({ device, tf32: engine.tf32, deterministic: engine.deterministic, output });
  const { distance } = recipe.method;
  const opened =
    distance.kind === 'lpips' && !vgg16 ? untrainedLpips(distance.pooling, seed) : await openDistance(plan, output);
  const steps = takeFullSteps(plan, opened, systemClock);
  steps.forEach(({ loss, gradientNorm }, k) => {
    console.log(
      `${recipe.id}: step ${k + 1}, loss ${significant(loss, 6)}, gradient norm ${significant(gradientNorm, 6)}`,
    );
  });
  const [first, second] = steps.map(({ seconds }) => seconds.toFixed(1));
  const { bytes, network } = costOf(plan);
  console.log(
    `${recipe.id}: ${formatCount(network.parameters)} parameters, batch ${batch}, first step ${first} s, second ${second} s, ` +
      `peak ${formatBytes(peakResidentBytes())} (estimated ${formatBytes(bytes.peak)}) on the ${device}`,
  );
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
