/**
 * @file Command `npm run train-shapes-encoder`: trains the network of the perceptual distance of shapes.
 *
 * Three tasks on noisy images: name the shape, recall a thumbnail of the clean image from the last layer, and the noisy pixels themselves from
 * the first. The third is for the distance: without it the network learns to overlook noise, and images that differ by a standard deviation of
 * 0.8 in every pixel are hardly apart.
 *
 * It writes harness/network/features/shapes-encoder/shapes-encoder.safetensors. Seeded: the same machine and thread count give the same file.
 */
import * as tf from '@tensorflow/tfjs-core';
import { HostRandom } from '../../harness/core/random.ts';
import { openShapes } from '../../harness/data/shapes.ts';
import { encoderFeatures } from '../../harness/network/features/shapes-encoder/forward.ts';
import {
  encoderGroups,
  encoderParameters,
  encoderResolution,
} from '../../harness/network/features/shapes-encoder/modules.ts';
import { dense } from '../../harness/network/layers.ts';
import { unitFeatures } from '../../harness/train/distance/feature-distance.ts';
import { encoderWeightsFile } from '../../harness/network/features/shapes-encoder/weights.ts';
import { linearHead, shapeAndThumbnailCount, shapeAndThumbnailLoss, trainFeatures } from './feature-training.ts';

const source = openShapes('shapes-encoder');
/** Another one than that of the features of fd-shapes, and images of a stream of its own. */
const seed = 1;
const batchImages = 128;
const thumbnail = 8;
const widths = encoderGroups.map((group) => group.at(-1)!.outChannels) as [number, ...number[]];
/** Numbers of the last layer. */
const deepCount = widths.at(-1)! * (encoderResolution / 2 ** (widths.length - 1)) ** 2;
/** Images that consistency models compare are anything from clean to blurred and noisy. */
const noise = { least: 0.02, most: 1 };

await trainFeatures({
  name: 'shapes_encoder_training',
  command: 'npm run train-shapes-encoder',
  file: encoderWeightsFile,
  source,
  seed,
  steps: 1_500,
  batchImages,
  learningRate: 2e-3,
  parameters: encoderParameters,
  heads: [
    ...linearHead('head', deepCount, shapeAndThumbnailCount(source, thumbnail)),
    ...linearHead('pixels', widths[0], 3),
  ],
  loss: (weights, batch) => {
    // Of length 1 at each place, as the distance sees them.
    const features = encoderFeatures(weights, batch.noisy).map(unitFeatures);
    const deep = tf.reshape(features.at(-1)!, [batchImages, deepCount]);
    const told = tf.add(tf.matMul(deep, weights['head/kernel']!), weights['head/bias']!);
    const pixels = dense(features[0]!, weights['pixels/kernel']!, weights['pixels/bias']!);
    return tf.add(shapeAndThumbnailLoss(told, batch, thumbnail), tf.mean(tf.square(tf.sub(pixels, batch.noisy))));
  },
  deviations: (step) => {
    const random = new HostRandom(seed, 'features-noise', step);
    return Float32Array.from(
      { length: batchImages },
      () => noise.least * (noise.most / noise.least) ** random.uniform(),
    );
  },
});
