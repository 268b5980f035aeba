/** @file The features of the shapes encoder: the outputs of its three groups of convolutions. */
import * as tf from '@tensorflow/tfjs-core';
import { convolution, swish } from '../../layers.ts';
import type { Parameters } from '../../flat.ts';
import { encoderGroups } from './modules.ts';

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
