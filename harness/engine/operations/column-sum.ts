/** @file Sums over rows as one native operation, with the bits of TensorFlow's: on a CPU. */
import * as tf from '@tensorflow/tfjs-core';
import { executeOp } from './op.ts';

/** Numbers of columns for which TensorFlow has the order of addition that the native operation has. */
const wholeVectors = 16;

/**
 * Sums over the rows of each of equal parts, in one pass over memory in its order, where TensorFlow's kernel comes back for every vector of columns.
 * It has no gradient: it is part of gradients.
 * @param x float32[...,C], whose rows divide into `parts`
 * @returns float32[parts,C]
 */
export function columnSum(x: tf.Tensor, parts: number): tf.Tensor {
  const columns = x.shape.at(-1)!;
  const rows = tf.reshape(x, [parts, x.size / columns / parts, columns]);
  return columns % wholeVectors === 0 ? executeOp('ConsistencyColumnSum', [], [rows]) : tf.sum(rows, 1);
}
