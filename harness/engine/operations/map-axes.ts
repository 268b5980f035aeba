/**
 * @file One linear map along height and width as a native operation: on a CPU.
 *
 * It has the bits of two matrix products.
 */
import type * as tf from '@tensorflow/tfjs-core';
import { executeOp } from './op.ts';

/**
 * y[b,p,q,c] = sum_hw M[p,h] M[q,w] x[b,h,w,c] without the zeros of M, which are most of it in resampling.
 *
 * Zeros are left out of sums, so that a number that is not finite spreads no further than M takes it; in a matrix product it spoils its whole row.
 * It has no gradient of its own.
 * @param x float32[B,N,N,C]
 * @param matrix float32[M,N]
 * @returns float32[B,M,M,C]
 * @throws Error of TensorFlow when shapes do not fit, or on a device that is no CPU
 */
export function nativeMapAxes(x: tf.Tensor, matrix: tf.Tensor): tf.Tensor {
  return executeOp('ConsistencyMapAxes', [], [x, matrix]);
}
