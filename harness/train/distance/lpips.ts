/** @file LPIPS on VGG16: the learned perceptual distance between two images that CT is trained with. */
import * as tf from '@tensorflow/tfjs-core';
import { vgg16Groups, type VggGroup } from '../../network/features/vgg16/modules.ts';
import type { Output } from '../../system/progress.ts';
import type { Parameters } from '../../network/flat.ts';
import { halfPixelBilinear, mapAxes } from '../../network/resample.ts';
import { vgg16Features, type VggPooling } from '../../network/features/vgg16/forward.ts';
import type { ImageDistance } from './distance.ts';
import { featureTerms } from './feature-distance.ts';
import { lpipsLinear, vgg16Weights, type LpipsContext } from './lpips-weights.ts';

export interface LpipsOptions {
  readonly groups: readonly VggGroup[];
  readonly vgg: Parameters;
  /** One weight per feature channel of each group: float32[C]. */
  readonly linear: readonly tf.Tensor[];
  readonly pooling: VggPooling;
  /** Width to which smaller images are enlarged first; 224 in the papers. */
  readonly resizeTo: number;
}

/** Mean and standard deviation of ImageNet's red, green and blue, for values in [0, 1]. */
const imagenetMean = [0.485, 0.456, 0.406];
const imagenetDeviation = [0.229, 0.224, 0.225];

/**
 * LPIPS with the published weights.
 * @throws DataError when the weights of VGG16 can be neither found nor downloaded, saying which file and where to put it
 */
export async function openLpips(
  pooling: VggPooling,
  output: Output,
  context: Omit<LpipsContext, 'output'> = {},
): Promise<ImageDistance> {
  const weights = await vgg16Weights({ ...context, output });
  // Kept: compiled steps use these tensors from outside at every call.
  const kept = (values: Float32Array, shape: readonly number[]) => tf.keep(tf.tensor(values, [...shape]));
  return lpipsDistance({
    groups: vgg16Groups(),
    vgg: Object.fromEntries(weights.map(({ name, shape, values }) => [name, kept(values, shape)])),
    linear: lpipsLinear().map((values) => kept(values, [values.length])),
    pooling,
    resizeTo: 224,
  });
}

/**
 * d(x, y) = sum_l mean_hw sum_c w_lc (u_lc(x) - u_lc(y))^2, u the features of a pixel divided by their norm; float32[B]: the sum over layers
 * of `featureTerms`.
 * Source: Zhang et al. 2018 (arXiv:1801.03924), equation 1, weights v0.1; `LPIPS(replace_pooling=True)` of piq 0.7.0 in
 * openai/consistency_models (average pooling), `jcm/models/lpips.py` of openai/consistency_models_cifar10 (max pooling).
 * @param options weights in [0, inf); images of the returned function are float32[B,H,W,3] in [-1, 1], not clipped
 */
export function lpipsDistance(options: LpipsOptions): ImageDistance {
  return (x, y) => tf.sum(lpipsLayers(options, x, y), 1);
}

/** The terms of the sum over layers, float32[B,5]. */
export function lpipsLayers(options: LpipsOptions, x: tf.Tensor, y: tf.Tensor): tf.Tensor {
  const { groups, vgg, linear, pooling, resizeTo } = options;
  const features = (images: tf.Tensor): tf.Tensor[] =>
    vgg16Features(groups, vgg, normalised(enlarged(images, resizeTo)), pooling);
  return featureTerms(features, x, y, linear);
}

/** Half-pixel bilinear, as both authors' codes resize; images that are wide enough stay as they are. */
function enlarged(images: tf.Tensor, width: number): tf.Tensor {
  const size = images.shape[1]!;
  return size < width ? mapAxes(images, halfPixelBilinear(size, width)) : images;
}

/** From [-1, 1] to [0, 1] and to the mean and deviation that VGG16 was trained with: one affine map. */
function normalised(images: tf.Tensor): tf.Tensor {
  const slope = imagenetDeviation.map((deviation) => 0.5 / deviation);
  const shift = imagenetDeviation.map((deviation, c) => (0.5 - imagenetMean[c]!) / deviation);
  return tf.add(tf.mul(images, tf.tensor1d(slope)), tf.tensor1d(shift));
}
