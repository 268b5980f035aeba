/** @file Host inputs of a step: images, levels and scalings in float64, schedule factors, random draws. */
import * as tf from '@tensorflow/tfjs-core';
import type { Batch } from '../data/batches.ts';
import { randomKey, type RandomKey } from '../engine/ops.ts';
import { consistencyScalings, noiseConditioning } from '../method/precondition.ts';
import { classesOf } from '../recipe/classes.ts';
import { drawIntervals } from '../plan/draws.ts';
import type { Stage, Timetable } from '../plan/timetable.ts';
import type { AsRun } from '../plan/types.ts';
import type { Levels, Network, Recipe } from '../recipe/types.ts';
import { radamScalars } from './update/optimizer.ts';
import { levelRows, type NoiseSource, type StepInputs } from './step.ts';

/** What the inputs of a step take from a plan. */
export interface StepInputsPlan {
  readonly recipe: Pick<Recipe, 'levels' | 'network' | 'optimizer' | 'tuning'>;
  readonly asRun: Pick<AsRun, 'batchImages' | 'samplingEmaDecay'>;
}

/** Everything random in a step. */
export interface StepDraws {
  /** int32[B] of the images of the batch, from 0 to N - 2: interval i of the papers is i - 1 here. */
  readonly intervals: Int32Array;
  readonly noise: NoiseSource;
  readonly dropoutKey: RandomKey;
}

/**
 * The inputs of step k. Everything is computed from (plan, k): nothing is carried over.
 * @param k steps already taken
 * @param batch the images of step k, or neighbouring ones of them; not to be changed until the step has been run
 */
export function stepInputs(
  plan: StepInputsPlan & { readonly seed: number },
  timetable: Timetable,
  k: number,
  batch: Batch,
): StepInputs {
  const { seed, asRun } = plan;
  const { firstImage = 0, labels } = batch;
  const intervals = drawIntervals(seed, k, asRun.batchImages, timetable.at(k).cumulative);
  return inputsOfDraws(plan, timetable, k, batch, {
    intervals: intervals.subarray(firstImage, firstImage + labels.length),
    noise: { key: randomKey(seed, 'noise', k) },
    dropoutKey: randomKey(seed, 'dropout', k),
  });
}

/** The inputs of step k with given draws in place of the seed's. */
export function inputsOfDraws(
  { recipe, asRun }: StepInputsPlan,
  timetable: Timetable,
  k: number,
  batch: Batch,
  { intervals, noise, dropoutKey }: StepDraws,
): StepInputs {
  const { network, levels, optimizer, tuning } = recipe;
  const { samplingEmaDecay } = asRun;
  const count = intervals.length;
  const stage = timetable.at(k);
  const classes = classesOf(network);
  const scalars = [
    ...radamScalars(optimizer, tuning.learningRate, k + 1),
    1 - samplingEmaDecay,
    1 - (stage.muTeacher ?? 0),
  ];
  return {
    images: tf.tensor4d(batch.images, [count, network.resolution, network.resolution, 3]),
    labels: classes === null ? null : tf.tensor1d(batch.labels, 'int32'),
    levelTable: tf.tensor2d(tabulated(stage, intervals, levels, network.kind), [levelRows.length, count]),
    scalars: tf.tensor1d(Float32Array.from(scalars)),
    noise,
    dropoutKey,
  };
}

/** float32[11,B]: levels, weight and scalings of each image, rounded once from float64. */
function tabulated(stage: Stage, intervals: Int32Array, levels: Levels, kind: Network['kind']): Float32Array {
  const images = intervals.length;
  const table = new Float32Array(levelRows.length * images);
  intervals.forEach((interval, image) => {
    const { sigmaStudent, sigmaTeacher, lambda } = intervalLevels(stage, interval);
    const column = [
      sigmaStudent,
      sigmaTeacher,
      lambda,
      ...scalingsOf(sigmaStudent, levels, kind),
      ...scalingsOf(sigmaTeacher, levels, kind),
    ];
    column.forEach((value, row) => (table[row * images + image] = value));
  });
  return table;
}

/** Both ends of an interval and its weight: sigma_{i+1}, sigma_i and lambda(sigma_i) for i = `interval` + 1. */
export function intervalLevels(stage: Stage, interval: number) {
  return {
    sigmaStudent: stage.levels[interval + 1]!,
    sigmaTeacher: stage.levels[interval]!,
    lambda: stage.lambda[interval]!,
  };
}

/** [cSkip, cOut, cIn, cNoise], the order of `levelRows` and of the sampler. */
export function scalingsOf(sigma: number, levels: Levels, kind: Network['kind']): [number, number, number, number] {
  const { cSkip, cOut, cIn } = consistencyScalings(sigma, levels);
  return [cSkip, cOut, cIn, noiseConditioning(kind, sigma)];
}
