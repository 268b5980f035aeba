/** @file Exponential moving averages of the parameters: the sampling average and CT's teacher. */
import * as tf from '@tensorflow/tfjs-core';
import { nativeAverage, runsNativeOperations } from '../../engine/ops.ts';

/** CT's teacher is null where the student itself is the teacher. */
export interface Averages<T> {
  readonly samplingEma: T;
  readonly teacher: T | null;
}

/**
 * Both averages after an update: each moves towards the new parameters.
 * Source: openai/consistency_models_cifar10 `jcm/losses.py` order of updates; Song et al. 2023 (CT), algorithm 3.
 * @param average `movingAverage` in training; its float64 form in reference cases, which have more digits than float32
 * @param shares what `average` takes of the new parameters, or its decay
 */
export function averagesAfter<T, Share>(
  average: (average: T, parameters: T, share: Share) => T,
  before: Averages<T>,
  parameters: T,
  shares: { readonly samplingEma: Share; readonly teacher: Share },
): Averages<T> {
  return {
    samplingEma: average(before.samplingEma, parameters, shares.samplingEma),
    teacher: before.teacher && average(before.teacher, parameters, shares.teacher),
  };
}

/**
 * e <- e + (1 - decay) (p - e), which is decay e + (1 - decay) p.
 *
 * Near decay = 1 the second form loses most of its update to rounding in float32; the first keeps more of it.
 * Source: Song et al. 2023 (CT), algorithm 3; openai/consistency_models `update_ema`. Deviation: the form, not the value.
 * @param share float32 scalar or [1]: 1 - decay, computed in float64 on the host
 */
export function movingAverage(average: tf.Tensor, parameters: tf.Tensor, share: tf.Tensor): tf.Tensor {
  return (runsNativeOperations() ? nativeAverage : plainAverage)(average, parameters, share);
}

/** `movingAverage` of TensorFlow's operations alone: on a GPU and under XLA. Exported for its test: both have the same bits. */
export function plainAverage(average: tf.Tensor, parameters: tf.Tensor, share: tf.Tensor): tf.Tensor {
  return tf.add(average, tf.mul(tf.sub(parameters, average), share));
}
