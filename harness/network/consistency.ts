/** @file The consistency function f(x, sigma) = cSkip x + cOut F(cIn x, cNoise) around any network F. */
import * as tf from '@tensorflow/tfjs-core';

/**
 * A network F.
 * @param x float32[B,H,W,3], already multiplied by cIn
 * @param noise float32[B], cNoise
 */
export type NoiseNetwork = (x: tf.Tensor, noise: tf.Tensor) => tf.Tensor;

/** The scalars of each image, computed in float64 on the host by harness/method/precondition.ts; float32[B] each. */
export interface ImageScalings {
  readonly cSkip: tf.Tensor;
  readonly cOut: tf.Tensor;
  readonly cIn: tf.Tensor;
  readonly cNoise: tf.Tensor;
}

/**
 * f(x, sigma), with f(x, sigmaMin) = x exactly.
 * Source: Song et al. 2023 (CT), section 3, equation 5 and appendix C.
 * @param x float32[B,H,W,3]
 * @returns float32[B,H,W,3]
 */
export function consistency(network: NoiseNetwork, x: tf.Tensor, scalings: ImageScalings): tf.Tensor {
  const { cSkip, cOut, cIn, cNoise } = scalings;
  const F = network(tf.mul(x, perImage(cIn)), cNoise);
  return tf.add(tf.mul(x, perImage(cSkip)), tf.mul(F, perImage(cOut)));
}

/** One number per image, shaped to multiply images. */
export function perImage(values: tf.Tensor): tf.Tensor {
  return tf.reshape(values, [-1, 1, 1, 1]);
}
