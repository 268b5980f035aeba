/** @file RAdam on the flat parameters; the schedule factors come from the host in float64. */
import * as tf from '@tensorflow/tfjs-core';
import { after, nativeRadam, runsNativeOperations } from '../../engine/ops.ts';
import { radamFactors } from '../../method/radam.ts';
import type { Optimizer } from '../../recipe/types.ts';

/** First and second moments of the gradient, of the shape of the parameters. */
export interface OptimizerMoments {
  readonly first: tf.Tensor;
  readonly second: tf.Tensor;
}

/** The numbers of one step as the device gets them: see `radamScalars`. */
export const radamScalarCount = 3;

/**
 * [adapted rate, sqrt(variance factor), plain rate] of step t: one of the two rates is zero, so that rectified and unrectified steps are the
 * same graph.
 * @param t number of this step, from 1
 */
export function radamScalars(optimizer: Optimizer, learningRate: number, t: number): [number, number, number] {
  const { rectified, momentFactor, varianceFactor } = radamFactors(optimizer, t);
  const rate = learningRate * momentFactor;
  return rectified ? [rate, Math.sqrt(varianceFactor), 0] : [0, 1, rate];
}

/**
 * m <- beta1 m + (1 - beta1) g, v <- beta2 v + (1 - beta2) g^2,
 * theta <- theta - a m / (sqrt(v) q + epsilon) - b m, with a, q, b from `radamScalars`.
 * Source: Liu et al. 2020 (RAdam), algorithm 2; both variants of harness/method/radam.ts.
 * @param parameters float32, any shape; gradient and moments the same
 * @param scalars float32[3]
 */
export function radam(
  optimizer: Optimizer,
  parameters: tf.Tensor,
  gradient: tf.Tensor,
  moments: OptimizerMoments,
  scalars: tf.Tensor,
): { readonly parameters: tf.Tensor; readonly moments: OptimizerMoments } {
  if (!runsNativeOperations()) return plainRadam(optimizer, parameters, gradient, moments, scalars);
  const { parameters: next, ...updated } = nativeRadam(optimizer, parameters, gradient, moments, scalars);
  return { parameters: next, moments: updated };
}

/** `radam` of TensorFlow's operations alone: on a GPU and under XLA. Exported for its test: both have the same bits. */
export function plainRadam(
  { beta1, beta2, epsilon }: Optimizer,
  parameters: tf.Tensor,
  gradient: tf.Tensor,
  moments: OptimizerMoments,
  scalars: tf.Tensor,
): ReturnType<typeof radam> {
  const [adapted, root, plain] = tf.split(scalars, 3) as [tf.Tensor, tf.Tensor, tf.Tensor];
  // One moment after the other and neither before the gradient: TensorFlow would decay both first and hold them through the backward pass.
  const first = tf.add(tf.mul(after(moments.first, gradient), beta1), tf.mul(gradient, 1 - beta1));
  const squared = tf.square(after(gradient, first));
  const second = tf.add(tf.mul(after(moments.second, first), beta2), tf.mul(squared, 1 - beta2));
  const rate = tf.add(tf.div(adapted, tf.add(tf.mul(tf.sqrt(second), root), epsilon)), plain);
  return { parameters: tf.sub(parameters, tf.mul(first, rate)), moments: { first, second } };
}
