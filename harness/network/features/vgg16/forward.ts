/** @file The features of VGG16: the outputs of its five groups of convolutions. */
import * as tf from '@tensorflow/tfjs-core';
import type { VggGroup } from './modules.ts';
import { convolution } from '../../layers.ts';
import type { Parameters } from '../../flat.ts';
import { averagePool } from '../../resample.ts';

/** `max`: as VGG16 was trained; `average`: every pooling replaced, as OpenAI's ImageNet code has it. */
export type VggPooling = 'max' | 'average';

/**
 * relu1_2, relu2_2, relu3_3, relu4_3 and relu5_3.
 * Source: Simonyan & Zisserman 2015 (arXiv:1409.1556), configuration D; `replace_pooling` of piq 0.7.0.
 * @param x float32[B,H,W,3], normalised by the mean and deviation of ImageNet
 * @returns five tensors, each of half the width of the one before
 */
export function vgg16Features(
  groups: readonly VggGroup[],
  parameters: Parameters,
  x: tf.Tensor,
  pooling: VggPooling,
): tf.Tensor[] {
  let h = x;
  return groups.map((group, i) => {
    if (i > 0) h = pooling === 'max' ? tf.maxPool(h as tf.Tensor4D, 2, 2, 'valid') : averagePool(h);
    for (const { name } of group) h = tf.relu(convolution(h, weight(parameters, name), bias(parameters, name)));
    return h;
  });
}

function weight(parameters: Parameters, name: string): tf.Tensor {
  return required(parameters, `${name}.weight`);
}

function bias(parameters: Parameters, name: string): tf.Tensor {
  return required(parameters, `${name}.bias`);
}

function required(parameters: Parameters, name: string): tf.Tensor {
  const tensor = parameters[name];
  if (!tensor) throw new Error(`VGG16 has no parameter "${name}"`);
  return tensor;
}
