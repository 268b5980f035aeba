/** @file What the host brings to a step: images, levels and scalings in float64, schedule factors, random keys. */
import * as tf from '@tensorflow/tfjs-core';
import type { Batch } from '../data/batches.ts';
import { randomKey } from '../engine/random.ts';
import { consistencyScalings, noiseConditioning } from '../method/precondition.ts';
import { drawIntervals } from '../plan/draws.ts';
import type { Stage, Timetable } from '../plan/timetable.ts';
import type { Plan } from '../plan/types.ts';
import type { Levels, Network } from '../recipe/types.ts';
import { radamScalars } from './optimizer.ts';
import { levelRows, type StepInputs } from './step.ts';

/**
 * The inputs of step k. Everything is computed from (plan, k): nothing is carried over.
 * @param k steps already taken
 * @param batch the images of step k; not to be changed until the step has been run
 */
export function stepInputs(plan: Plan, timetable: Timetable, k: number, batch: Batch): StepInputs {
  const { recipe, seed, asRun } = plan;
  const { batchImages } = asRun;
  const { resolution } = recipe.network;
  const stage = timetable.at(k);
  const intervals = drawIntervals(seed, k, batchImages, stage.cumulative);
  const classes = recipe.network.kind === 'adm' ? recipe.network.classes : null;
  const scalars = [
    ...radamScalars(recipe.optimizer, recipe.tuning.learningRate, k + 1),
    1 - asRun.samplingEmaDecay,
    1 - (stage.muTeacher ?? 0),
  ];
  return {
    images: tf.tensor4d(batch.images, [batchImages, resolution, resolution, 3]),
    labels: classes === null ? null : tf.tensor1d(batch.labels, 'int32'),
    levels: tf.tensor2d(levelTable(stage, intervals, recipe.levels, recipe.network.kind), [
      levelRows.length,
      batchImages,
    ]),
    scalars: tf.tensor1d(Float32Array.from(scalars)),
    noiseKey: randomKey(seed, 'noise', k),
    dropoutKey: randomKey(seed, 'dropout', k),
  };
}

/** float32[11,B]: levels, weight and scalings of each image, rounded once from float64. */
function levelTable(stage: Stage, intervals: Int32Array, levels: Levels, kind: Network['kind']): Float32Array {
  const images = intervals.length;
  const table = new Float32Array(levelRows.length * images);
  intervals.forEach((interval, image) => {
    const sigmaTeacher = stage.levels[interval]!;
    const sigmaStudent = stage.levels[interval + 1]!;
    const column = [
      sigmaStudent,
      sigmaTeacher,
      stage.lambda[interval]!,
      ...scalingsOf(sigmaStudent, levels, kind),
      ...scalingsOf(sigmaTeacher, levels, kind),
    ];
    column.forEach((value, row) => (table[row * images + image] = value));
  });
  return table;
}

/** [cSkip, cOut, cIn, cNoise], the order of `levelRows` and of the sampler. */
export function scalingsOf(sigma: number, levels: Levels, kind: Network['kind']): [number, number, number, number] {
  const { cSkip, cOut, cIn } = consistencyScalings(sigma, levels);
  return [cSkip, cOut, cIn, noiseConditioning(kind, sigma)];
}
