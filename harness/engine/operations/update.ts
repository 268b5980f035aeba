/** @file RAdam's update and a moving average as one native operation each, of TensorFlow's bits: on a CPU. */
import type * as tf from '@tensorflow/tfjs-core';
import { attribute } from '../binding.ts';
import { executeForThree, executeOp } from './op.ts';

export interface RadamDecays {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

/**
 * One pass over memory where TensorFlow's operations take eleven (harness/train/update/optimizer.ts has the formula).
 *
 * Every number is computed by the same float32 operations in the same order, so that the bits are the same.
 * @param parameters float32, any shape; gradient and moments the same
 * @param scalars float32[3]: adapted rate, root of the variance factor, plain rate
 * @throws Error of TensorFlow when shapes do not fit, or on a device that is no CPU
 */
export function nativeRadam(
  { beta1, beta2, epsilon }: RadamDecays,
  parameters: tf.Tensor,
  gradient: tf.Tensor,
  moments: { readonly first: tf.Tensor; readonly second: tf.Tensor },
  scalars: tf.Tensor,
): { readonly parameters: tf.Tensor; readonly first: tf.Tensor; readonly second: tf.Tensor } {
  const attributes = [
    attribute.float('decay1', beta1),
    attribute.float('share1', 1 - beta1),
    attribute.float('decay2', beta2),
    attribute.float('share2', 1 - beta2),
    attribute.float('epsilon', epsilon),
  ];
  const inputs = [parameters, gradient, moments.first, moments.second, scalars];
  const [next, first, second] = executeForThree('ConsistencyRadam', attributes, inputs);
  return { parameters: next, first, second };
}

/**
 * average + (parameters - average) share, in one pass and with the bits of TensorFlow's three.
 * @param average float32, any shape; parameters the same
 * @param share float32 of one number
 * @throws Error of TensorFlow when shapes do not fit, or on a device that is no CPU
 */
export function nativeAverage(average: tf.Tensor, parameters: tf.Tensor, share: tf.Tensor): tf.Tensor {
  return executeOp('ConsistencyAverage', [], [average, parameters, share]);
}
