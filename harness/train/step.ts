/**
 * @file One optimizer step as a pure function `(state, inputs) -> [state, metrics]`.
 *
 * It computes loss, gradient, RAdam and averages, in the authors' order. It runs the same compiled whole and operation by operation;
 * `after` bounds memory in the first and changes nothing in the second.
 */
import * as tf from '@tensorflow/tfjs-core';
import { after, type RandomKey, randomNormal, within } from '../engine/ops.ts';
import type { NoiseNetwork } from '../network/consistency.ts';
import { sharedDropout, type Dropout } from '../network/dropout.ts';
import { unflatten, type ParameterLayout, type Parameters } from '../network/flat.ts';
import type { Recipe } from '../recipe/types.ts';
import type { ImageDistance } from './distance/distance.ts';
import { averagesAfter, movingAverage, type Averages } from './update/ema.ts';
import { consistencyLoss, type ImageLevels } from './loss.ts';
import { radam, radamScalarCount } from './update/optimizer.ts';
import { passesOf, sumInTree, wholeStretches, type Stretch } from './sum/pass-tree.ts';
import { addSums, sumOverRanks, type PassSum, type StepRanks } from './sum/rank-sum.ts';

/** Everything that training changes; all tensors are flat (harness/network/flat.ts). */
export interface TrainState extends Averages<tf.Tensor> {
  readonly parameters: tf.Tensor;
  readonly firstMoment: tf.Tensor;
  readonly secondMoment: tf.Tensor;
}

/** What the host brings to a step. */
export interface StepInputs {
  /** float32[B,H,W,3] in [-1, 1] */
  readonly images: tf.Tensor;
  /** int32[B], or null where the network takes no labels */
  readonly labels: tf.Tensor | null;
  /** float32[11,B]: see `levelRows` */
  readonly levelTable: tf.Tensor;
  /** float32[5]: three of RAdam, 1 - sampling decay, 1 - teacher decay */
  readonly scalars: tf.Tensor;
  readonly noise: NoiseSource;
  readonly dropoutKey: RandomKey;
}

/** The noise z of a step: drawn on the device from a key, or float32[B,H,W,3] given by whoever repeats a run of other code. */
export type NoiseSource = { readonly key: RandomKey } | { readonly given: tf.Tensor };

/** float32[2]: loss and norm of the gradient. Not finite: the step must not be trusted. */
export type StepMetrics = tf.Tensor;

/** The network of a recipe: from parameters, dropout and labels to F. */
export type NetworkOf = (parameters: Parameters, dropout: Dropout, labels: tf.Tensor | null) => NoiseNetwork;

export interface StepOptions {
  readonly recipe: Pick<Recipe, 'optimizer' | 'tuning'>;
  readonly layout: ParameterLayout;
  readonly network: NetworkOf;
  readonly distance: ImageDistance;
  /** Images per pass; divides the images of the inputs. */
  readonly microBatchImages: number;
  /** Where several ranks share the batch: the inputs then hold this rank's images. */
  readonly ranks?: StepRanks;
  /** Whether the network was built to recompute activations: masks are then drawn again as well. */
  readonly recompute: boolean;
}

/** Rows of `StepInputs.levelTable`. */
export const levelRows = [
  'sigmaStudent',
  'sigmaTeacher',
  'lambda',
  'student.cSkip',
  'student.cOut',
  'student.cIn',
  'student.cNoise',
  'teacher.cSkip',
  'teacher.cOut',
  'teacher.cIn',
  'teacher.cNoise',
] as const;

/**
 * The step of a recipe.
 *
 * Order: loss with N(k) and the teacher of this step, gradient by the student's parameters, RAdam, sampling average of the new parameters,
 * teacher average of the new parameters.
 * Source: openai/consistency_models_cifar10 `jcm/losses.py` `get_ct_step_fn` order of updates; Song et al. 2023 (CT), algorithm 3.
 */
export function trainStep(options: StepOptions) {
  const { recipe } = options;
  return (state: TrainState, inputs: StepInputs): readonly [TrainState, StepMetrics] => {
    const { loss, gradient } = gradientOf(options, state, inputs);
    const parts = tf.split(inputs.scalars, [radamScalarCount, 1, 1]);
    const [rates, samplingEma, teacher] = parts as [tf.Tensor, tf.Tensor, tf.Tensor];
    const moments = { first: state.firstMoment, second: state.secondMoment };
    const norm = tf.sqrt(tf.sum(tf.square(gradient)));
    const updated = within('optimizer', () =>
      radam(recipe.optimizer, state.parameters, after(gradient, norm), moments, rates),
    );
    const next: TrainState = {
      parameters: updated.parameters,
      firstMoment: updated.moments.first,
      secondMoment: updated.moments.second,
      ...within('averages', () => averagesAfter(movingAverage, state, updated.parameters, { samplingEma, teacher })),
    };
    return [next, tf.stack([loss, norm])];
  };
}

/**
 * Loss and gradient of the whole batch, in passes of `microBatchImages` one after the other: each pass frees its activations before the next
 * begins. They are added in a tree whose shape depends on the number of passes alone, so that ranks may share them. Noise and masks of an
 * image do not depend on the division.
 */
function gradientOf(options: StepOptions, state: TrainState, inputs: StepInputs): PassSum {
  const { microBatchImages, ranks } = options;
  const { rank, ranks: count } = ranks?.group ?? { rank: 0, ranks: 1 };
  const batchImages = count * inputs.images.shape[0];
  const passes = batchImages / microBatchImages;
  const own = passesOf(rank, count, passes);
  const firstImage = own.first * microBatchImages;
  let before: PassSum | undefined;
  const passSum = ({ first, end }: Stretch): PassSum | undefined => {
    if (end - first > 1) return undefined;
    const place = first * microBatchImages - firstImage;
    const images = tf.slice(inputs.images, place, microBatchImages);
    const part = passGradient(options, state, inputs, before ? after(images, before.gradient) : images, {
      first: firstImage + place,
      place,
    });
    const share = microBatchImages / batchImages;
    return (before = { loss: shareOf(part.value, share), gradient: shareOf(part.grad, share) });
  };
  const add = (a: PassSum, b: PassSum): PassSum => (before = addSums(a, b));
  const sums = wholeStretches(passes, own).map((stretch) => sumInTree(stretch, passSum, add));
  return ranks ? sumOverRanks(sums, passes, ranks) : sums[0]!;
}

/** The factor of one is left out: it would cost a pass over all parameters. */
function shareOf<T extends tf.Tensor>(value: T, share: number): T {
  return share === 1 ? value : tf.mul(value, share);
}

/** Loss and gradient of images that stand at `place` in the inputs and at `first` in the batch. */
function passGradient(
  options: StepOptions,
  state: TrainState,
  inputs: StepInputs,
  images: tf.Tensor,
  { first, place }: { readonly first: number; readonly place: number },
) {
  const { recipe, layout, network, distance } = options;
  const { dropout: rate, dropoutMaxResolution: maxResolution } = recipe.tuning;
  const count = images.shape[0];
  const labels = inputs.labels && tf.slice(inputs.labels, place, count);
  const levels = splitLevels(tf.slice(inputs.levelTable, [0, place], [-1, count]));
  const noise = noiseOf(inputs.noise, images.shape, 'given' in inputs.noise ? place : first);
  const dropout = sharedDropout({
    rate,
    maxResolution,
    key: inputs.dropoutKey,
    firstImage: first,
    redraw: options.recompute,
  });
  const teacher = network(unflatten(layout, state.teacher ?? state.parameters), dropout, labels);
  const lossOf = (flat: tf.Tensor): tf.Scalar => {
    const student = network(unflatten(layout, flat), dropout, labels);
    return consistencyLoss({ images, noise, levels, student, teacher, distance }).loss as tf.Scalar;
  };
  return tf.valueAndGrad(lossOf)(state.parameters);
}

/** The noise of the images `first` and following of the batch (of the inputs, where it is given): the same numbers whatever the division. */
function noiseOf(source: NoiseSource, shape: readonly number[], first: number): tf.Tensor {
  if ('given' in source) return tf.slice(source.given, first, shape[0]);
  return within('noise', () => randomNormal(shape, source.key, first * tf.util.sizeFromShape(shape.slice(1))));
}

function splitLevels(levelTable: tf.Tensor): ImageLevels {
  const rows = tf.unstack(levelTable);
  const row = (name: (typeof levelRows)[number]) => rows[levelRows.indexOf(name)]!;
  const scalings = (branch: 'student' | 'teacher') => ({
    cSkip: row(`${branch}.cSkip`),
    cOut: row(`${branch}.cOut`),
    cIn: row(`${branch}.cIn`),
    cNoise: row(`${branch}.cNoise`),
  });
  return {
    sigmaStudent: row('sigmaStudent'),
    sigmaTeacher: row('sigmaTeacher'),
    lambda: row('lambda'),
    student: scalings('student'),
    teacher: scalings('teacher'),
  };
}
