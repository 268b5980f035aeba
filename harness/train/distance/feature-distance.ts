/** @file The form of LPIPS: how far apart the features of two images are, layer by layer. */
import * as tf from '@tensorflow/tfjs-core';
import { stopGradient } from '../../engine/ops.ts';

/** Keeps a pixel without features finite. */
const epsilon = 1e-10;

/**
 * The terms of the sum over layers of d(x, y) = sum_l mean_hw sum_c w_lc (u_lc(x) - u_lc(y))^2, u the features of a pixel divided by their
 * norm; float32[B, layers].
 *
 * The gradient reaches x alone: y is the teacher's image, a constant, and its features are not kept.
 * Source: Zhang et al. 2018 (arXiv:1801.03924), equation 1.
 * @param features images to the outputs of the layers, float32[B,H_l,W_l,C_l]
 * @param weights one number in [0, inf) per channel of each layer, float32[C_l]; absent: all are 1, the cosine distance that the paper
 *   begins with
 */
export function featureTerms(
  features: (images: tf.Tensor) => readonly tf.Tensor[],
  x: tf.Tensor,
  y: tf.Tensor,
  weights?: readonly tf.Tensor[],
): tf.Tensor {
  const fixed = stopGradient(() => features(y).map(unitFeatures));
  const terms = features(x).map((feature, l) => {
    const squared = tf.square(tf.sub(unitFeatures(feature), fixed[l]!));
    return tf.mean(tf.sum(weights ? tf.mul(squared, weights[l]!) : squared, 3), [1, 2]);
  });
  return tf.stack(terms, 1);
}

/**
 * u = f / (n + epsilon), n = ||f|| over the channels of a pixel; du = (dy - u (u . dy) (1 + epsilon / n)) / (n + epsilon).
 *
 * Where all features are zero the second term is 0 / 0 in the derivative of the root; it is taken as 0, and a ReLU below lets
 * nothing of the first pass.
 * Source: `normalize` of piq 0.7.0; a NaN there is discarded by a ReLU gradient that selects.
 */
export function unitFeatures(f: tf.Tensor): tf.Tensor {
  const operation = tf.customGrad((...args) => {
    const input = args[0] as tf.Tensor;
    const save = args.at(-1) as tf.GradSaveFunc;
    const norm = tf.norm(input, 2, 3, true);
    const length = tf.add(norm, epsilon);
    const unit = tf.div(input, length);
    save([unit, norm]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor => {
      const [u, n] = saved as [tf.Tensor, tf.Tensor];
      const along = tf.sum(tf.mul(u, dy), 3, true);
      const stretch = tf.divNoNan(tf.add(n, epsilon), n);
      return tf.div(tf.sub(dy, tf.mul(u, tf.mul(along, stretch))), tf.add(n, epsilon));
    };
    return { value: unit, gradFunc };
  });
  return operation(f);
}
