/** @file The loss of consistency training on one batch. */
import * as tf from '@tensorflow/tfjs-core';
import { stopGradient, within } from '../engine/ops.ts';
import { consistency, perImage, type ImageScalings, type NoiseNetwork } from '../network/consistency.ts';
import type { ImageDistance } from './distance/distance.ts';

/** What the host decided for each image of the batch: float32[B] each. */
export interface ImageLevels {
  /** sigma_{i+1} */
  readonly sigmaStudent: tf.Tensor;
  /** sigma_i */
  readonly sigmaTeacher: tf.Tensor;
  /** lambda(sigma_i) */
  readonly lambda: tf.Tensor;
  readonly student: ImageScalings;
  readonly teacher: ImageScalings;
}

export interface ConsistencyLossInputs {
  /** float32[B,H,W,3] in [-1, 1] */
  readonly images: tf.Tensor;
  /** float32[B,H,W,3], standard normal, shared by student and teacher */
  readonly noise: tf.Tensor;
  readonly levels: ImageLevels;
  readonly student: NoiseNetwork;
  /** The teacher's network, with the same dropout masks as the student's; no gradient passes through it. */
  readonly teacher: NoiseNetwork;
  readonly distance: ImageDistance;
}

export interface ConsistencyLoss {
  /** float32 scalar: mean over the batch of lambda d */
  readonly loss: tf.Tensor;
  /** float32[B] */
  readonly distancePerImage: tf.Tensor;
  readonly student: tf.Tensor;
  readonly teacher: tf.Tensor;
}

/**
 * L = mean_b lambda(sigma_i) d( f(x + sigma_{i+1} z, sigma_{i+1}), stopgrad f-(x + sigma_i z, sigma_i) ), with one z for both.
 * Source: Song et al. 2023 (CT), section 5, equation 10 and algorithm 3; Song & Dhariwal 2023 (iCT), section 3, equations 5-6. The teacher
 * runs in train mode, dropout included.
 * Deviation: the released CT code makes x + sigma_i z by an Euler step from x + sigma_{i+1} z, which is the same up to rounding, and drops
 * samples whose loss is NaN from the mean; here a NaN reaches the loss and stops the run.
 */
export function consistencyLoss(inputs: ConsistencyLossInputs): ConsistencyLoss {
  const { images, noise, levels, distance } = inputs;
  const noisy = (sigma: tf.Tensor) => tf.add(images, tf.mul(noise, perImage(sigma)));
  const teacher = stopGradient(() =>
    within('teacher', () => consistency(inputs.teacher, noisy(levels.sigmaTeacher), levels.teacher)),
  );
  const student = within('student', () => consistency(inputs.student, noisy(levels.sigmaStudent), levels.student));
  const distancePerImage = within('distance', () => distance(student, teacher));
  return { loss: tf.mean(tf.mul(distancePerImage, levels.lambda)), distancePerImage, student, teacher };
}
