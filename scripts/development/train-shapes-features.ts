/**
 * @file Command `npm run train-shapes-features`: trains the features of fd-shapes.
 *
 * It writes harness/metrics/features/shapes-features.safetensors. Seeded: the same machine and thread count give the same file.
 */
import * as tf from '@tensorflow/tfjs-core';
import { compileCarried } from '../../harness/engine/compile/carried.ts';
import { openEngine } from '../../harness/engine/open.ts';
import { TrainBatches } from '../../harness/data/batches.ts';
import { openShapes } from '../../harness/data/shapes.ts';
import { sha256OfFile } from '../../harness/system/files/file-hash.ts';
import { standardError } from '../../harness/system/progress.ts';
import { randomKey, randomNormal } from '../../harness/engine/operations/random.ts';
import { float32Tensor, writeSafetensors } from '../../harness/formats/safetensors.ts';
import { initialValues, flatShape, parameterLayout, unflatten, unflattenHost } from '../../harness/network/flat.ts';
import { shapesFeatures, shapesKernels, shapesWeightsFile } from '../../harness/metrics/features/shapes-classifier.ts';
import { radam, radamScalars } from '../../harness/train/optimizer.ts';
import type { Parameter } from '../../harness/network/parameter.ts';

const seed = 0;
const steps = 1_500;
const batchImages = 128;
const learningRate = 2e-3;
/** Standard deviation of noise on the pixels: features should not hang on the last bit of a clean edge. */
const pixelNoise = 0.02;
const thumbnail = 4;
const optimizer = { kind: 'radam', variant: 'torch', beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;

const parameters: Parameter[] = [
  ...shapesKernels.flatMap(({ name, shape }): Parameter[] => [
    { name: `${name}/kernel`, shape, initial: { kind: 'fan-in-uniform', fanIn: 9 * shape[2] }, trainable: true },
    { name: `${name}/bias`, shape: [shape[3]], initial: { kind: 'zeros' }, trainable: true },
  ]),
  {
    name: 'head/kernel',
    shape: [64, 4 + thumbnail * thumbnail * 3],
    initial: { kind: 'fan-in-uniform', fanIn: 64 },
    trainable: true,
  },
  { name: 'head/bias', shape: [4 + thumbnail * thumbnail * 3], initial: { kind: 'zeros' }, trainable: true },
];

await openEngine({ device: 'cpu', threads: 2, output: standardError() });
const source = openShapes();
const batches = new TrainBatches(source, { seed, batchImages, horizontalFlip: 0 });
const layout = parameterLayout(parameters);
const start = tf.tensor2d(initialValues(layout, seed), flatShape(layout));
const zeros = tf.zerosLike(start);

interface State {
  parameters: tf.Tensor;
  first: tf.Tensor;
  second: tf.Tensor;
}
interface Inputs {
  images: tf.Tensor;
  labels: tf.Tensor;
  scalars: tf.Tensor;
  key: tf.Tensor1D;
}

/** Cross-entropy of the shape, and mean squared error of the 4x4 thumbnail of the clean image. */
function step(state: State, { images, labels, scalars, key }: Inputs): readonly [State, tf.Tensor] {
  const noisy = tf.add(images, tf.mul(randomNormal(images.shape, key), pixelNoise));
  const small = tf.avgPool(
    images as tf.Tensor4D,
    source.resolution / thumbnail,
    source.resolution / thumbnail,
    'valid',
  );
  const target = tf.reshape(small, [batchImages, -1]);
  const loss = (flat: tf.Tensor): tf.Scalar => {
    const weights = unflatten(layout, flat);
    const head = tf.add(tf.matMul(shapesFeatures(weights, noisy), weights['head/kernel']!), weights['head/bias']!);
    const [logits, recalled] = tf.split(head, [4, thumbnail * thumbnail * 3], 1) as [tf.Tensor, tf.Tensor];
    const cross = tf.neg(tf.mean(tf.sum(tf.mul(labels, tf.logSoftmax(logits)), 1)));
    return tf.add(cross, tf.mean(tf.square(tf.sub(recalled, target))));
  };
  const { value, grad } = tf.valueAndGrad(loss)(state.parameters);
  const updated = radam(optimizer, state.parameters, grad, state, scalars);
  return [{ parameters: updated.parameters, first: updated.moments.first, second: updated.moments.second }, value];
}

const training = compileCarried(
  step,
  { parameters: start, first: zeros, second: zeros },
  { name: 'shapes_features_training' },
);
for (let k = 0; k < steps; k++) {
  const { images, labels } = batches.at(k);
  const oneHot = new Float32Array(4 * batchImages);
  labels.forEach((label, i) => (oneHot[4 * i + label] = 1));
  // The rate falls linearly to zero.
  const inputs: Inputs = {
    images: tf.tensor4d(images, [batchImages, source.resolution, source.resolution, 3]),
    labels: tf.tensor2d(oneHot, [batchImages, 4]),
    scalars: tf.tensor1d(radamScalars(optimizer, learningRate * (1 - k / steps), k + 1)),
    key: randomKey(seed, 'features-batch', k),
  };
  const loss = training.run(inputs);
  if (k % 100 === 0 || k === steps - 1) console.log(`step ${k}: loss ${loss.dataSync()[0]!.toFixed(4)}`);
  tf.dispose([Object.values(inputs), loss]);
}
const values = unflattenHost(layout, training.read().parameters.dataSync() as Float32Array);
const kept = parameters.filter(({ name }) => !name.startsWith('head/'));
writeSafetensors(
  shapesWeightsFile,
  kept.map(({ name, shape }) => [name, float32Tensor(values.get(name)!.slice(), shape)] as const),
  {
    origin: 'npm run train-shapes-features',
    data: `shapes version ${source.version}`,
    seed: String(seed),
    steps: String(steps),
  },
);
console.log(`wrote ${shapesWeightsFile}, sha256 ${await sha256OfFile(shapesWeightsFile)}`);
