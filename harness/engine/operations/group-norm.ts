/** @file Group normalisation, with or without swish, as one native operation with its gradient: on a CPU. */
import * as tf from '@tensorflow/tfjs-core';
import { attribute } from '../binding.ts';
import { executeForThree } from './op.ts';

export interface GroupNorm {
  /** float32[C] */
  readonly scale: tf.Tensor;
  /** float32[C] */
  readonly bias: tf.Tensor;
  readonly groups: number;
  readonly epsilon: number;
}

/**
 * y = n or n sigmoid(n) with n = (x - mean) / sqrt(variance + epsilon) * scale + bias; mean and biased variance per image and group.
 *
 * The kernel (harness/engine/native/kernels/group-norm/) passes over x three times while it is in the processor's cache, and so does its gradient; made of
 * TensorFlow's operations (harness/network/layers.ts) it is about thirty passes through memory. Sums are taken in another order than TensorFlow's, the same
 * for any number of threads and on every processor. x and two numbers per image and group are kept for the gradient.
 * Source: Wu & He 2018 (arXiv:1803.08494), equations 1-2.
 * @param x float32[B,H,W,C]; C is a multiple of the number of groups
 * @returns float32[B,H,W,C]
 * @throws Error of TensorFlow when shapes do not fit, or on a device that is no CPU
 */
export function nativeGroupNorm(
  x: tf.Tensor,
  { scale, bias, groups, epsilon }: GroupNorm,
  withSwish: boolean,
): tf.Tensor {
  const affine = [groups, scale.size / groups];
  const swish = attribute.bool('swish', withSwish);
  const operation = tf.customGrad((...args) => {
    const [input, gain, offset] = args as tf.Tensor[];
    const save = args.at(-1) as tf.GradSaveFunc;
    const rows = [gain!, offset!].map((values) => tf.reshape(values, affine));
    const attributes = [attribute.float('epsilon', epsilon), swish];
    const [value, mean, inverse] = executeForThree('ConsistencyGroupNorm', attributes, [input!, ...rows]);
    save([input!, gain!, offset!, mean, inverse]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => {
      const [xs, a, b, m, i] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
      const inputs = [dy, xs, tf.reshape(a, affine), tf.reshape(b, affine), m, i];
      const [dx, dScale, dBias] = executeForThree('ConsistencyGroupNormGrad', [swish], inputs);
      return [dx, tf.reshape(dScale, a.shape), tf.reshape(dBias, b.shape)];
    };
    return { value, gradFunc };
  });
  return operation(x, scale, bias);
}
