/**
 * @file Perceptual distance of the data set shapes: the form of LPIPS on the features of the shapes encoder.
 *
 * It is not LPIPS: the network is a small one, trained here by `npm run train-shapes-encoder`, and no channel was weighted by what people see.
 */
import * as tf from '@tensorflow/tfjs-core';
import { encoderFeatures, openEncoderWeights } from '../../network/features/shapes-encoder/forward.ts';
import type { Parameters } from '../../network/flat.ts';
import type { ImageDistance } from './distance.ts';
import { featureTerms } from './feature-distance.ts';

/** The distance with the committed weights. @throws DataError when they are missing or were changed */
export async function openShapesPerceptual(): Promise<ImageDistance> {
  return shapesPerceptualDistance(await openEncoderWeights());
}

/**
 * d(x, y) = sum_l mean_hw sum_c (u_lc(x) - u_lc(y))^2 over the three layers of the encoder, u the features of a pixel divided by their norm;
 * float32[B], between 0 and 12.
 * Source: Zhang et al. 2018 (arXiv:1801.03924), equation 1 with w = 1.
 * Deviation: not the VGG16 that CT was published with; recipes/README.md.
 */
export function shapesPerceptualDistance(weights: Parameters): ImageDistance {
  return (x, y) =>
    tf.sum(
      featureTerms((images) => encoderFeatures(weights, images), x, y),
      1,
    );
}
