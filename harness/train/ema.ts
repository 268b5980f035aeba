/** @file Exponential moving averages of the parameters: the sampling average and CT's teacher. */
import * as tf from '@tensorflow/tfjs-core';

/**
 * e <- e + (1 - decay) (p - e), which is decay e + (1 - decay) p.
 *
 * Near decay = 1 the second form loses most of its update to rounding in float32; the first keeps more of it.
 * Source: Song et al. 2023 (CT), algorithm 3; openai/consistency_models `update_ema`. Deviation: the form, not the value.
 * @param share float32 scalar or [1]: 1 - decay, computed in float64 on the host
 */
export function movingAverage(average: tf.Tensor, parameters: tf.Tensor, share: tf.Tensor): tf.Tensor {
  return tf.add(average, tf.mul(tf.sub(parameters, average), share));
}
