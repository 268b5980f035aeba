/** @file The metric between student and teacher images on the device; one number per image. */
import * as tf from '@tensorflow/tfjs-core';
import { pseudoHuberConstant } from '../../method/distance.ts';

/** d(x, y) per image: float32[B,H,W,3] twice to float32[B]. */
export type ImageDistance = (x: tf.Tensor, y: tf.Tensor) => tf.Tensor;

/** Axes of one image in a batch. */
const imageAxes = [1, 2, 3];

/**
 * Pseudo-Huber: sqrt(||x - y||^2 + c^2) - c, c = cPerSqrtDim sqrt(d), one norm over all pixels and channels of an image.
 *
 * Evaluated as s / (sqrt(s + c^2) + c) with s = ||x - y||^2, which loses no digits where ||x - y|| is far below c (many levels).
 * Source: Song & Dhariwal 2023 (iCT), table 1.
 */
export function pseudoHuberDistance(cPerSqrtDim: number): ImageDistance {
  return (x, y) => {
    const c = pseudoHuberConstant(cPerSqrtDim, x.size / x.shape[0]);
    const squared = tf.sum(tf.square(tf.sub(x, y)), imageAxes);
    return tf.div(squared, tf.add(tf.sqrt(tf.add(squared, c * c)), c));
  };
}

/** Mean squared difference over pixels and channels. Source: Song et al. 2023 (CT), section 4; openai/consistency_models `mean_flat`. */
export const squaredL2Distance: ImageDistance = (x, y) => tf.mean(tf.square(tf.sub(x, y)), imageAxes);

/** Mean absolute difference over pixels and channels. Source: as for squared l2. */
export const l1Distance: ImageDistance = (x, y) => tf.mean(tf.abs(tf.sub(x, y)), imageAxes);
