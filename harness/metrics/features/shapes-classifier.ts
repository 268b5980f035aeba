/**
 * @file Feature network of `fd-shapes`: a small convolutional network trained on the data set `shapes`.
 *
 * It was trained to classify the shape and to reconstruct a 4x4 thumbnail. Its Frechet distance is called fd-shapes, never FID: nothing of
 * Inception is in it.
 */
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { readPinnedSafetensors, toFloat32 } from '../../formats/safetensors.ts';
import { SmallFeatureExtractor } from './small-extractor.ts';

/** Numbers per image. */
export const shapesFeatureCount = 64;

/** Made by `npm run train-shapes-features`; 409 KB. */
export const shapesWeightsFile = fileURLToPath(new URL('./shapes-features.safetensors', import.meta.url));
const shapesWeightsSha256 = '1c889029efab82d21981685565175e70f9b761a3ee52e80e4cf78a6f25f4dd94';

/** Convolution kernels HWIO with their biases, in forward order; average pooling by two follows the second and the fourth. */
export const shapesKernels: readonly {
  readonly name: string;
  readonly shape: readonly [number, number, number, number];
  readonly pool: boolean;
}[] = [
  { name: 'convolution0', shape: [3, 3, 3, 32], pool: false },
  { name: 'convolution1', shape: [3, 3, 32, 32], pool: true },
  { name: 'convolution2', shape: [3, 3, 32, 64], pool: false },
  { name: 'convolution3', shape: [3, 3, 64, 64], pool: true },
  { name: 'convolution4', shape: [3, 3, 64, 64], pool: false },
];

export type ShapesWeights = Readonly<Record<string, tf.Tensor>>;

/**
 * The features: five 3x3 convolutions with ReLU, two average poolings, mean over positions.
 * Source: none; documented in recipes/README.md.
 * @param images float32[B,16,16,3] in [-1, 1]
 * @returns float32[B,64]
 */
export function shapesFeatures(weights: ShapesWeights, images: tf.Tensor): tf.Tensor {
  let h = images as tf.Tensor4D;
  for (const { name, pool } of shapesKernels) {
    h = tf.relu(tf.add(tf.conv2d(h, weights[`${name}/kernel`] as tf.Tensor4D, 1, 'same'), weights[`${name}/bias`]!));
    if (pool) h = tf.avgPool(h, 2, 2, 'valid');
  }
  return tf.mean(h, [1, 2]);
}

/** Extracts `fd-shapes` features; holds the weights on the device. */
export class ShapesFeatureExtractor extends SmallFeatureExtractor {
  /** @throws DataError when the committed weights are missing or were changed */
  static async open(): Promise<ShapesFeatureExtractor> {
    const { tensors } = await readPinnedSafetensors(shapesWeightsFile, shapesWeightsSha256);
    const weights = Object.fromEntries(
      [...tensors].map(([name, t]) => [name, tf.keep(tf.tensor(toFloat32(t), [...t.shape]))]),
    );
    return new ShapesFeatureExtractor(weights, shapesFeatures, {
      extractor: 'shapes-classifier',
      extractorSha256: shapesWeightsSha256,
      width: shapesFeatureCount,
    });
  }
}
