/** @file The bits of a tensor as text, which is compared more quickly than a list of numbers. */
import type * as tf from '@tensorflow/tfjs-core';

/** The bytes of float32 numbers in hexadecimal: -0 is not 0, and NaN equals itself. */
export function bitsOf(tensor: tf.Tensor): string {
  return Buffer.from(tensor.dataSync<'float32'>().slice().buffer).toString('hex');
}
