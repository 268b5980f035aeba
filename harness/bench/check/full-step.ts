/**
 * @file Takes the first training steps of a plan on noise.
 *
 * They show that a published network trains on the machine at hand.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Clock } from '../../core/clock.ts';
import { DivergenceError, described } from '../../core/errors.ts';
import { HostRandom } from '../../core/random.ts';
import type { Batch } from '../../data/batches.ts';
import { sizeOf } from '../../network/parameter.ts';
import { vgg16Groups } from '../../network/features/vgg16/modules.ts';
import { vgg16Parameters } from '../../network/features/vgg16/parameters.ts';
import type { VggPooling } from '../../network/features/vgg16/forward.ts';
import type { Plan } from '../../plan/types.ts';
import type { ImageDistance } from '../../train/distance/distance.ts';
import { lpipsDistance } from '../../train/distance/lpips.ts';
import { lpipsLinear } from '../../train/distance/lpips-weights.ts';
import { openedStep } from '../subjects/opened-step.ts';

export interface FullStep {
  readonly loss: number;
  readonly gradientNorm: number;
  readonly seconds: number;
}

/**
 * The first two steps of a plan: the first one compiles, the second does not.
 * @throws DivergenceError when loss or gradient is not finite
 */
export function takeFullSteps(plan: Plan, distance: ImageDistance, clock: Clock): FullStep[] {
  const { step, take } = openedStep(plan, distance, { batch: (k) => noiseBatch(plan, k) });
  const taken = [0, 1].map((k) => {
    const begun = clock.now();
    const [loss, gradientNorm] = take(k) as unknown as [number, number];
    const seconds = (clock.now() - begun) / 1000;
    if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) throw diverged(plan, k, loss, gradientNorm);
    return { loss, gradientNorm, seconds };
  });
  step.dispose();
  return taken;
}

/** Values in [-1, 1) and labels, as a data set would give. */
function noiseBatch({ recipe, seed, asRun: { batchImages } }: Plan, k: number): Batch {
  const random = new HostRandom(seed, 'data-order', k);
  const { resolution } = recipe.network;
  const images = Float32Array.from({ length: batchImages * resolution ** 2 * 3 }, () => 2 * random.uniform() - 1);
  const classes = recipe.network.kind === 'adm' ? (recipe.network.classes ?? 1) : 1;
  const labels = Int32Array.from({ length: batchImages }, () => Math.floor(random.uniform() * classes));
  return { images, labels };
}

/** LPIPS through a VGG16 of random weights: the time and memory of the real one, and a number that means nothing. */
export function untrainedLpips(pooling: VggPooling, seed: number): ImageDistance {
  const groups = vgg16Groups();
  const random = new HostRandom(seed, 'init', 1);
  const vgg = Object.fromEntries(
    vgg16Parameters(groups).map(({ name, shape }) => {
      // Uniform with the deviation sqrt(2 / inputs) keeps the size of features from layer to layer; biases are zero.
      const bound = shape.length === 4 ? Math.sqrt(6 / (shape[0]! * shape[1]! * shape[2]!)) : 0;
      const values = Float32Array.from({ length: sizeOf(shape) }, () => bound * (2 * random.uniform() - 1));
      return [name, tf.keep(tf.tensor(values, [...shape]))];
    }),
  );
  const linear = lpipsLinear().map((weights) => tf.keep(tf.tensor1d(weights)));
  return lpipsDistance({ groups, vgg, linear, pooling, resizeTo: 224 });
}

function diverged({ recipe }: Plan, k: number, loss: number, gradientNorm: number): DivergenceError {
  return new DivergenceError({
    where: `step ${k + 1} of ${recipe.id}`,
    got: described(`loss ${loss}, gradient norm ${gradientNorm}`),
    expected: 'finite numbers',
    remedy: 'Report this: the published network must train from its own initialisation',
  });
}
