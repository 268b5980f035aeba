/** @file Trains networks of shapes features: the loop that both have, and the task of naming what is seen. */
import * as tf from '@tensorflow/tfjs-core';
import { compileCarried } from '../../harness/engine/compile/carried.ts';
import { openEngine } from '../../harness/engine/open.ts';
import { TrainBatches } from '../../harness/data/batches.ts';
import type { ImageSource } from '../../harness/data/source.ts';
import { sha256OfFile } from '../../harness/system/files/file-hash.ts';
import { standardError } from '../../harness/system/progress.ts';
import { randomKey, randomNormal } from '../../harness/engine/operations/random.ts';
import { float32Tensor, writeSafetensors } from '../../harness/formats/safetensors.ts';
import {
  initialValues,
  flatShape,
  parameterLayout,
  unflatten,
  unflattenHost,
  type Parameters,
} from '../../harness/network/flat.ts';
import type { Parameter } from '../../harness/network/parameter.ts';
import { radam, radamScalars } from '../../harness/train/update/optimizer.ts';

export interface FeatureBatch {
  /** float32[B,H,W,3] in [-1, 1] */
  readonly images: tf.Tensor;
  /** The same with noise. */
  readonly noisy: tf.Tensor;
  /** float32[B, classes], one 1 in each row */
  readonly labels: tf.Tensor;
}

export interface FeatureTraining {
  /** Of the compiled step. */
  readonly name: string;
  readonly command: string;
  readonly file: string;
  readonly source: ImageSource;
  readonly seed: number;
  readonly steps: number;
  readonly batchImages: number;
  /** At the first step; it falls linearly to zero. */
  readonly learningRate: number;
  /** The network's, which are kept. */
  readonly parameters: readonly Parameter[];
  /** Of what reads the features in training alone. */
  readonly heads: readonly Parameter[];
  /** What is minimised, a scalar. */
  readonly loss: (weights: Parameters, batch: FeatureBatch) => tf.Tensor;
  /** Standard deviation of the noise on each image of a batch. */
  readonly deviations: (step: number) => Float32Array;
}

const optimizer = { kind: 'radam', variant: 'torch', beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;

interface State {
  parameters: tf.Tensor;
  first: tf.Tensor;
  second: tf.Tensor;
}
interface Inputs {
  images: tf.Tensor;
  labels: tf.Tensor;
  deviations: tf.Tensor;
  scalars: tf.Tensor;
  key: tf.Tensor1D;
}

/** Trains, writes the weights of the network without its heads, and says their hash. */
export async function trainFeatures(training: FeatureTraining): Promise<void> {
  const { source, seed, steps, batchImages, file } = training;
  await openEngine({ device: 'cpu', threads: 2, output: standardError() });
  const { resolution, classes } = source;
  const batches = new TrainBatches(source, { seed, batchImages, horizontalFlip: 0 });
  const layout = parameterLayout([...training.parameters, ...training.heads]);
  const start = tf.tensor2d(initialValues(layout, seed), flatShape(layout));
  const zeros = tf.zerosLike(start);

  const step = (state: State, { images, labels, deviations, scalars, key }: Inputs): readonly [State, tf.Tensor] => {
    const noisy = tf.add(images, tf.mul(randomNormal(images.shape, key), deviations));
    const loss = (flat: tf.Tensor): tf.Scalar =>
      training.loss(unflatten(layout, flat), { images, noisy, labels }) as tf.Scalar;
    const { value, grad } = tf.valueAndGrad(loss)(state.parameters);
    const updated = radam(optimizer, state.parameters, grad, state, scalars);
    return [{ parameters: updated.parameters, first: updated.moments.first, second: updated.moments.second }, value];
  };

  const carried = compileCarried(step, { parameters: start, first: zeros, second: zeros }, { name: training.name });
  for (let k = 0; k < steps; k++) {
    const { images, labels } = batches.at(k);
    const oneHot = new Float32Array(classes * batchImages);
    labels.forEach((label, i) => (oneHot[classes * i + label] = 1));
    const inputs: Inputs = {
      images: tf.tensor4d(images, [batchImages, resolution, resolution, 3]),
      labels: tf.tensor2d(oneHot, [batchImages, classes]),
      deviations: tf.tensor4d(training.deviations(k), [batchImages, 1, 1, 1]),
      scalars: tf.tensor1d(radamScalars(optimizer, training.learningRate * (1 - k / steps), k + 1)),
      key: randomKey(seed, 'features-batch', k),
    };
    const loss = carried.run(inputs);
    if (k % 100 === 0 || k === steps - 1) console.log(`step ${k}: loss ${loss.dataSync()[0]!.toFixed(4)}`);
    tf.dispose([Object.values(inputs), loss]);
  }
  const values = unflattenHost(layout, carried.read().parameters.dataSync() as Float32Array);
  writeSafetensors(
    file,
    training.parameters.map(({ name, shape }) => [name, float32Tensor(values.get(name)!.slice(), shape)] as const),
    {
      origin: training.command,
      data: `shapes version ${source.version}`,
      seed: String(seed),
      steps: String(steps),
    },
  );
  console.log(`wrote ${file}, sha256 ${await sha256OfFile(file)}`);
}

/** Parameters of a linear map with bias. */
export function linearHead(name: string, inputs: number, outputs: number): Parameter[] {
  return [
    {
      name: `${name}/kernel`,
      shape: [inputs, outputs],
      initial: { kind: 'fan-in-uniform', fanIn: inputs },
      trainable: true,
    },
    { name: `${name}/bias`, shape: [outputs], initial: { kind: 'zeros' }, trainable: true },
  ];
}

/** Numbers that tell the shape and a thumbnail. */
export function shapeAndThumbnailCount({ classes }: ImageSource, thumbnail: number): number {
  return classes + thumbnail * thumbnail * 3;
}

/**
 * Cross-entropy of the shape plus mean squared error of the thumbnail of the clean image.
 * @param told float32[B, classes + 3 thumbnail^2]
 */
export function shapeAndThumbnailLoss(told: tf.Tensor, { images, labels }: FeatureBatch, thumbnail: number): tf.Tensor {
  const [batchImages, width] = images.shape as [number, number];
  const classes = labels.shape[1]!;
  const small = tf.avgPool(images as tf.Tensor4D, width / thumbnail, width / thumbnail, 'valid');
  const target = tf.reshape(small, [batchImages, -1]);
  const [logits, recalled] = tf.split(told, [classes, told.shape[1]! - classes], 1) as [tf.Tensor, tf.Tensor];
  const cross = tf.neg(tf.mean(tf.sum(tf.mul(labels, tf.logSoftmax(logits)), 1)));
  return tf.add(cross, tf.mean(tf.square(tf.sub(recalled, target))));
}
