/** @file Dropout as one native operation with its gradient, of the same bits as TensorFlow's: on a CPU. */
import * as tf from '@tensorflow/tfjs-core';
import { attribute } from '../binding.ts';
import { executeOp } from './op.ts';
import { laterKey, type RandomKey } from './random.ts';

/**
 * x m, where m is 1 / (1 - rate) for numbers of `randomUniform(x.shape, key, skip)` of at least `rate`, and 0 for the others.
 *
 * The bits are those of the mask made and multiplied by TensorFlow's operations. No mask is kept: it is drawn again wherever it is needed, since
 * that takes no longer than reading it from memory.
 * Source: Srivastava et al. 2014; Salmon et al. 2011 (Philox).
 * @param x float32, any shape
 * @param skip as for `randomUniform`
 * @throws Error of TensorFlow on a device that is no CPU
 */
export function nativeDropout(x: tf.Tensor, rate: number, key: RandomKey, skip = 0): tf.Tensor {
  const attributes = [attribute.float('rate', rate), attribute.float('scale', 1 / (1 - rate))];
  const operation = tf.customGrad((...args) => {
    const input = args[0] as tf.Tensor;
    const start = laterKey(key, skip);
    const drop = (values: tf.Tensor): tf.Tensor => executeOp('ConsistencyDropout', attributes, [values, start]);
    (args.at(-1) as tf.GradSaveFunc)([start]);
    return { value: drop(input), gradFunc: (dy: tf.Tensor) => drop(dy) };
  });
  return operation(x);
}
