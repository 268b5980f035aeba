/**
 * @file Command `npm run train-shapes-features`: trains the features of fd-shapes.
 *
 * It writes harness/metrics/features/shapes-features.safetensors. Seeded: the same kind of machine and the same thread count give the same
 * file; another kind rounds otherwise and gives a file of another hash, and scores of two such files are not comparable.
 */
import * as tf from '@tensorflow/tfjs-core';
import { openShapes } from '../../harness/data/shapes.ts';
import {
  shapesFeatureCount,
  shapesFeatures,
  shapesKernels,
  shapesWeightsFile,
} from '../../harness/metrics/features/shapes-classifier.ts';
import type { Parameter } from '../../harness/network/parameter.ts';
import { linearHead, shapeAndThumbnailCount, shapeAndThumbnailLoss, trainFeatures } from './feature-training.ts';

const source = openShapes();
const batchImages = 128;
const thumbnail = 4;
/** Features should not hang on the last bit of a clean edge. */
const pixelNoise = 0.02;

await trainFeatures({
  name: 'shapes_features_training',
  command: 'npm run train-shapes-features',
  file: shapesWeightsFile,
  source,
  seed: 0,
  steps: 1_500,
  batchImages,
  learningRate: 2e-3,
  parameters: shapesKernels.flatMap(({ name, shape }): Parameter[] => [
    { name: `${name}/kernel`, shape, initial: { kind: 'fan-in-uniform', fanIn: 9 * shape[2] }, trainable: true },
    { name: `${name}/bias`, shape: [shape[3]], initial: { kind: 'zeros' }, trainable: true },
  ]),
  heads: linearHead('head', shapesFeatureCount, shapeAndThumbnailCount(source, thumbnail)),
  loss: (weights, batch) => {
    const features = shapesFeatures(weights, batch.noisy);
    const told = tf.add(tf.matMul(features, weights['head/kernel']!), weights['head/bias']!);
    return shapeAndThumbnailLoss(told, batch, thumbnail);
  },
  deviations: () => new Float32Array(batchImages).fill(pixelNoise),
});
