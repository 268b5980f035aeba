/** @file The sum that follows a convolution as one native operation, with the bits of TensorFlow's: on a CPU. */
import * as tf from '@tensorflow/tfjs-core';
import { attribute } from '../binding.ts';
import { executeOp } from './op.ts';

/**
 * ((x + bias) + other) scale in one pass over memory, where TensorFlow's operations take three; the gradient is theirs.
 * @param x float32[B,...,C]
 * @param bias float32[C]
 * @param other float32 of as many numbers as x in the same order, or [B,C]: one row per image
 * @throws Error of TensorFlow when shapes do not fit, or on a device that is no CPU
 */
export function nativeSum(x: tf.Tensor, bias: tf.Tensor, other: tf.Tensor, scale: number): tf.Tensor {
  const axes = x.shape.slice(0, -1).map((_, axis) => axis);
  const perImage = other.size !== x.size;
  const operation = tf.customGrad((...args) => {
    const inputs = args.slice(0, 3) as tf.Tensor[];
    const gradFunc = (dy: tf.Tensor): tf.Tensor[] => {
      const d = scale === 1 ? dy : tf.mul(dy, scale);
      return [d, tf.sum(d, axes), tf.reshape(perImage ? tf.sum(d, axes.slice(1)) : d, other.shape)];
    };
    return { value: executeOp('ConsistencySum', [attribute.float('scale', scale)], inputs), gradFunc };
  });
  return operation(x, bias, other);
}
