/** @file Steps of few-step sampling: scalars in float64 on the host, operations on the device. */
import * as tf from '@tensorflow/tfjs-core';
import { RecipeError } from '../core/errors.ts';
import { consistencyScalings, noiseConditioning } from '../method/precondition.ts';
import { renoiseFactor, samplingLevels } from '../method/sampling.ts';
import { consistency, perImage, type NoiseNetwork } from '../network/consistency.ts';
import type { Levels, Network } from '../recipe/types.ts';

/** The numbers of one step, in the order in which the device takes them. */
export type StepNumbers = readonly [noiseFactor: number, cSkip: number, cOut: number, cIn: number, cNoise: number];

/**
 * The numbers of every step: `xHat_j = f(xHat_j-1 + noiseFactor_j z_j, sigma_j)` with xHat_-1 = 0,
 * `noiseFactor_0 = sigma_0` and `noiseFactor_j = sqrt(sigma_j^2 - sigmaMin^2)` after it.
 * Source: Song et al. 2023 (CT), algorithm 1. Deviation: released samplers hold sigma in float32 and begin at 79.99998.
 * @param sigmas the levels visited, sigmaMax first, then descending
 * @throws RecipeError when they do not begin at sigmaMax, do not fall, or leave the range
 */
export function stepNumbers(sigmas: ArrayLike<number>, levels: Levels, kind: Network['kind']): StepNumbers[] {
  const [first, ...later] = Array.from(sigmas);
  if (first !== levels.sigmaMax) {
    throw new RecipeError({
      where: 'sampling levels',
      got: first,
      expected: `sigmaMax ${levels.sigmaMax} as the first level: the images begin as pure noise`,
      remedy: 'Put sigmaMax before the other levels',
    });
  }
  return Array.from(samplingLevels(levels, later), (sigma, j) => {
    const { cSkip, cOut, cIn } = consistencyScalings(sigma, levels);
    return [j === 0 ? sigma : renoiseFactor(sigma, levels), cSkip, cOut, cIn, noiseConditioning(kind, sigma)];
  });
}

/** The numbers of a step for a batch of equal images: float32[5,B]. */
export function stepTensor(numbers: StepNumbers, images: number): tf.Tensor2D {
  const table = new Float32Array(numbers.length * images);
  numbers.forEach((value, row) => table.fill(value, row * images, (row + 1) * images));
  return tf.tensor2d(table, [numbers.length, images]);
}

/**
 * One step: `xHat = f(previous + noiseFactor z, sigma)`, clipped to [-1, 1] if asked for.
 * Source: Song et al. 2023 (CT), algorithm 1; clipping after every step as `denoised_fn` of openai/consistency_models `karras_sample`.
 * @param previous float32[B,H,W,3], zeros before the first step
 * @param z float32[B,H,W,3], standard normal
 * @param numbers float32[5,B], see `stepTensor`
 * @returns float32[B,H,W,3]
 */
export function sampleStep(
  network: NoiseNetwork,
  previous: tf.Tensor,
  z: tf.Tensor,
  numbers: tf.Tensor,
  clip: boolean,
): tf.Tensor {
  const [noiseFactor, cSkip, cOut, cIn, cNoise] = tf.unstack(numbers) as [
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
  ];
  const x = tf.add(previous, tf.mul(z, perImage(noiseFactor)));
  const xHat = consistency(network, x, { cSkip, cOut, cIn, cNoise });
  // A value that is not finite stays what it is: whether a device's clipping keeps NaN is its own affair, and infinity would become 1.
  return clip ? tf.where(tf.isFinite(xHat), tf.clipByValue(xHat, -1, 1), xHat) : xHat;
}
