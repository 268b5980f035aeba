/**
 * @file The sum that follows a convolution as native operations: on a CPU.
 *
 * All have the bits of TensorFlow's.
 */
import * as tf from '@tensorflow/tfjs-core';
import { attribute } from '../binding.ts';
import { columnSum } from './column-sum.ts';
import { executeOp } from './op.ts';

/**
 * ((x + bias) + other) scale in one pass over memory, where TensorFlow's operations take three; the gradient is theirs.
 * @param x float32[B,...,C]
 * @param bias float32[C]
 * @param other float32 of as many numbers as x in the same order, or [B,C]: one row per image
 * @throws Error of TensorFlow when shapes do not fit, or on a device that is no CPU
 */
export function nativeSum(x: tf.Tensor, bias: tf.Tensor, other: tf.Tensor, scale: number): tf.Tensor {
  const perImage = other.size !== x.size;
  const operation = tf.customGrad((...args) => {
    const inputs = args.slice(0, 3) as tf.Tensor[];
    const gradFunc = (dy: tf.Tensor): tf.Tensor[] => {
      const d = scale === 1 ? dy : tf.mul(dy, scale);
      return [d, biasGradient(d, bias), tf.reshape(perImage ? columnSum(d, x.shape[0]) : d, other.shape)];
    };
    return { value: executeOp('ConsistencySum', [attribute.float('scale', scale)], inputs), gradFunc };
  });
  return operation(x, bias, other);
}

/**
 * x + bias by TensorFlow; the gradient of the bias is a native sum.
 * @param x float32[B,...,C]
 * @param bias float32[C]
 */
export function nativeBias(x: tf.Tensor, bias: tf.Tensor): tf.Tensor {
  const operation = tf.customGrad((...args) => {
    const [input, added] = args as [tf.Tensor, tf.Tensor];
    return { value: tf.add(input, added), gradFunc: (dy: tf.Tensor) => [dy, biasGradient(dy, added)] };
  });
  return operation(x, bias);
}

function biasGradient(dy: tf.Tensor, bias: tf.Tensor): tf.Tensor {
  return tf.reshape(columnSum(dy, 1), bias.shape);
}
