/**
 * @file Writes the common inputs of all subjects (parameters, batches) as safetensors files.
 *
 * A second file adds the noise and the dropout masks of the first step, drawn as the step draws them; it is separate so that no measured
 * process has to hold them.
 */
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import type { Parameter } from '../network/parameter.ts';
import type { Batch } from '../data/batches.ts';
import { randomKey, randomNormal } from '../engine/ops.ts';
import {
  float32Tensor,
  readSafetensors,
  toFloat32,
  writeSafetensors,
  type StoredTensor,
} from '../formats/safetensors.ts';
import { sharedDropout, type Dropout } from '../network/dropout.ts';
import { buildNetwork } from '../network/network.ts';
import {
  flatShape,
  flattenHost,
  initialValues,
  parameterLayout,
  unflatten,
  type ParameterLayout,
} from '../network/flat.ts';
import { Timetable } from '../plan/timetable.ts';
import { dropoutAsRun } from '../plan/tuning.ts';
import type { Plan } from '../plan/types.ts';
import { sampleStreams } from '../sample/sampler.ts';
import { stepNumbers, stepTensor } from '../sample/multistep.ts';
import { storedParameters } from '../train/state.ts';
import { stepInputs } from '../train/step-inputs.ts';

type Entry = readonly [name: string, tensor: StoredTensor];

/** More would only fill memory. */
const batches = 2;

/** What every measured process reads. */
export const inputsFileName = 'inputs.safetensors';
/** The same with noise and masks, for the comparison. */
export const checkFileName = 'check.safetensors';

/** Writes both files of a training step. */
export function writeStepInputs(plan: Plan, folder: string): void {
  const { parameters, layout } = networkOf(plan);
  const shape = imagesShape(plan, plan.asRun.batchImages);
  const timetable = new Timetable(plan);
  const entries = parameterEntries(parameters, plan.seed);
  for (const [k, batch] of benchBatches(plan).entries()) {
    const { levelTable } = stepInputs(plan, timetable, k, batch);
    entries.push([`batch${k}/images`, float32Tensor(batch.images, shape)], entryOf(`batch${k}/levels`, levelTable));
  }
  writeSafetensors(join(folder, inputsFileName), entries);
  writeSafetensors(join(folder, checkFileName), [...entries, ...firstDraws(plan, layout, timetable)]);
}

/** Writes the file of a sampler; there is nothing to be kept apart. */
export function writeSampleInputs(plan: Plan, images: number, folder: string): void {
  const { recipe, seed } = plan;
  const [numbers] = stepNumbers([recipe.levels.sigmaMax], recipe.levels, recipe.network.kind);
  const latents = randomNormal(imagesShape(plan, images), randomKey(seed, sampleStreams(0).latent, 0));
  const entries = [
    ...parameterEntries(networkOf(plan).parameters, seed),
    entryOf('sample/latents', latents),
    entryOf('sample/numbers', stepTensor(numbers!, images)),
  ];
  for (const name of [inputsFileName, checkFileName]) writeSafetensors(join(folder, name), entries);
}

/** The parameters of a file as one flat tensor. */
export function flatParameters(path: string, layout: ParameterLayout): tf.Tensor2D {
  const { tensors } = readSafetensors(path);
  return tf.tensor2d(
    flattenHost(layout, ({ name }) => toFloat32(tensors.get(`parameters/${name}`)!)),
    flatShape(layout),
  );
}

/**
 * The batches that iterations take in turn: numbers in [-1, 1] spread evenly by multiples of the golden ratio. What the images show does not
 * alter the time of a step.
 */
export function benchBatches({ recipe, asRun }: Plan): Batch[] {
  const size = asRun.batchImages * 3 * recipe.network.resolution ** 2;
  const golden = (Math.sqrt(5) - 1) / 2;
  return Array.from({ length: batches }, (_, batch) => ({
    images: Float32Array.from({ length: size }, (_, i) => 2 * (((batch * size + i + 1) * golden) % 1) - 1),
    labels: new Int32Array(asRun.batchImages),
  }));
}

function networkOf(plan: Plan): { parameters: readonly Parameter[]; layout: ParameterLayout } {
  const { parameters } = buildNetwork(plan.recipe, plan.engine);
  return { parameters, layout: parameterLayout(parameters) };
}

function parameterEntries(parameters: readonly Parameter[], seed: number): Entry[] {
  const layout = parameterLayout(audible(parameters));
  return storedParameters(layout, initialValues(layout, seed), 'parameters/');
}

/** Layers that begin as good as zero would hide every mistake before them: here all of them speak. */
export function audible(parameters: readonly Parameter[]): Parameter[] {
  return parameters.map((parameter): Parameter => {
    const { initial } = parameter;
    if (initial.kind === 'zeros') return { ...parameter, initial: { kind: 'normal', standardDeviation: 0.1 } };
    if (initial.kind === 'fan-average-uniform') return { ...parameter, initial: { ...initial, scale: 1 } };
    return parameter;
  });
}

/** Noise and masks of step 0, by one pass of the network that keeps each mask it is given. */
function firstDraws(plan: Plan, layout: ParameterLayout, timetable: Timetable): Entry[] {
  const { recipe } = plan;
  const inputs = stepInputs(plan, timetable, 0, benchBatches(plan)[0]!);
  const noise = randomNormal(inputs.images.shape, randomKey(plan.seed, 'noise', 0));
  const masks: Entry[] = [];
  const { dropoutMaxResolution: maxResolution } = recipe.tuning;
  const shared = sharedDropout({ rate: dropoutAsRun(plan), maxResolution, key: inputs.dropoutKey });
  const keeping: Dropout = {
    drop: (block, features, width) => {
      const dropped = shared.drop(block, features, width);
      // What becomes of ones is the mask itself.
      if (dropped !== features)
        masks.push(entryOf(`check/mask/${block}`, shared.drop(block, tf.onesLike(features), width)));
      return dropped;
    },
  };
  tf.tidy(() => {
    const zeros = unflatten(layout, tf.zeros(flatShape(layout)));
    buildNetwork(recipe, plan.engine).network(zeros, keeping, null)(noise, tf.zeros([plan.asRun.batchImages]));
  });
  return [entryOf('check/noise', noise), ...masks];
}

function imagesShape({ recipe }: Plan, images: number): [number, number, number, number] {
  const { resolution } = recipe.network;
  return [images, resolution, resolution, 3];
}

function entryOf(name: string, tensor: tf.Tensor): Entry {
  return [name, float32Tensor(tensor.dataSync<'float32'>(), tensor.shape)];
}
