/** @file Exchanges numbers of the host among the ranks of a cell. */
import * as tf from '@tensorflow/tfjs-core';
import { disposeTree } from '../../../engine/ops.ts';
import type { Ranks } from '../../../ranks/join.ts';

/**
 * Every rank calls it with as many numbers.
 * @param by the operation of the engine in which all take part
 * @returns what it gives this rank
 */
export function exchange(
  { together }: Ranks,
  values: Float32Array,
  shape: number[],
  by: (own: tf.Tensor) => tf.Tensor,
): Float32Array {
  const own = tf.tensor(values, shape);
  const all = together(() => by(own));
  const received = all.dataSync<'float32'>();
  disposeTree([own, all]);
  return received;
}
