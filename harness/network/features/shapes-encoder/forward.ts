/** @file The features of the shapes encoder: the outputs of its three groups of convolutions. */
import * as tf from '@tensorflow/tfjs-core';
import { readPinnedSafetensors, toFloat32 } from '../../../formats/safetensors.ts';
import { convolution, swish } from '../../layers.ts';
import type { Parameters } from '../../flat.ts';
import { encoderGroups } from './modules.ts';
import { encoderWeightsFile, encoderWeightsSha256 } from './weights.ts';

/**
 * Two 3x3 convolutions with swish per group, maximum pooling by two between groups.
 *
 * Swish in place of VGG16's ReLU: no place of an image is without features, so that the distance has a gradient everywhere.
 * Source: none; the form of VGG16 (Simonyan & Zisserman 2015) at the size of 16x16 images.
 * @param images float32[B,16,16,3] in [-1, 1], not clipped
 * @returns float32[B,16,16,16], [B,8,8,24], [B,4,4,32]
 */
export function encoderFeatures(parameters: Parameters, images: tf.Tensor): tf.Tensor[] {
  let h = images;
  return encoderGroups.map((group, i) => {
    if (i > 0) h = tf.maxPool(h as tf.Tensor4D, 2, 2, 'valid');
    for (const { name } of group) h = swish(convolution(h, parameters[`${name}/kernel`]!, parameters[`${name}/bias`]!));
    return h;
  });
}

/** Numbers per image of `pooledEncoderFeatures`. */
export const pooledEncoderWidth = encoderGroups.reduce((sum, group) => sum + group.at(-1)!.outChannels, 0);

/**
 * The features as a row per image: the mean over the places of each layer, as Inception's pool_3 is one.
 * @param images float32[B,16,16,3] in [-1, 1]
 * @returns float32[B,72]
 */
export function pooledEncoderFeatures(parameters: Parameters, images: tf.Tensor): tf.Tensor {
  return tf.concat(
    encoderFeatures(parameters, images).map((layer) => tf.mean(layer, [1, 2])),
    1,
  );
}

/** The committed weights, kept: compiled steps use them from outside at every call. @throws DataError when the file is missing or was changed */
export async function openEncoderWeights(): Promise<Parameters> {
  const { tensors } = await readPinnedSafetensors(encoderWeightsFile, encoderWeightsSha256);
  return Object.fromEntries([...tensors].map(([name, t]) => [name, tf.keep(tf.tensor(toFloat32(t), [...t.shape]))]));
}
