/** @file NCSN++ in bfloat16: what tells noise levels apart, and what makes the image, stays in float32. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { withEagerPrecision } from '../../../harness/engine/compile/compile.ts';
import { randomKey, randomNormal } from '../../../harness/engine/operations/random.ts';
import { noiseConditioning } from '../../../harness/method/precondition.ts';
import { noiseLevels } from '../../../harness/method/levels.ts';
import { flatShape, initialValues, parameterLayout, unflatten } from '../../../harness/network/flat.ts';
import { convolution, swish } from '../../../harness/network/layers.ts';
import { ncsnpp } from '../../../harness/network/ncsnpp/forward.ts';
import { ncsnppArchitecture } from '../../../harness/network/ncsnpp/modules.ts';
import { ncsnppParameters } from '../../../harness/network/ncsnpp/parameters.ts';
import * as cifar10 from '../../../recipes/cifar10.ts';
import { engineForTests } from '../../engine/engine-fixture.ts';

beforeAll(async () => {
  await engineForTests();
});

const architecture = ncsnppArchitecture({
  kind: 'ncsnpp',
  resolution: 4,
  baseChannels: 16,
  channelMultipliers: [1, 2],
  blocksPerLevel: 1,
  attentionResolutions: [2],
});
/** The Fourier scale of iCT. */
const declared = ncsnppParameters(architecture, 0.02);

function modulesOf(precision: 'float32' | 'bfloat16', noise: tf.Tensor): Map<string, Float32Array> {
  const layout = parameterLayout(declared);
  const parameters = unflatten(layout, tf.tensor2d(initialValues(layout, 0), flatShape(layout)));
  const images = randomNormal([noise.size, 4, 4, 3], randomKey(0, 'noise', 0));
  const seen = new Map<string, Float32Array>();
  const observe = (name: string, output: tf.Tensor) => seen.set(name, output.dataSync<'float32'>());
  withEagerPrecision(precision, () => ncsnpp(architecture, { parameters, observe }, images, noise));
  if (precision === 'bfloat16') {
    const last = swish(tf.tensor(seen.get('GroupNorm_0')!, [noise.size, 4, 4, architecture.outputChannels]));
    const [kernel, bias] = [parameters['Conv_1/kernel']!, parameters['Conv_1/bias']!];
    seen.set('Conv_1 in float32', convolution(last, kernel, bias).dataSync<'float32'>());
  }
  return seen;
}

test('embedding, first and last convolution are those of float32 to the bit, blocks are not', () => {
  const noise = tf.tensor1d([-1.2, 0.3]);
  const [wide, narrow] = [modulesOf('float32', noise), modulesOf('bfloat16', noise)];
  for (const name of ['GaussianFourierProjection_0', 'Dense_0', 'Dense_1', 'Conv_0'])
    expect(narrow.get(name), name).toEqual(wide.get(name));
  expect(narrow.get('Conv_1')).toEqual(narrow.get('Conv_1 in float32'));
  expect(narrow.get('ResnetBlockBigGANpp_0')).not.toEqual(wide.get('ResnetBlockBigGANpp_0'));
});

test('no two neighbours of the finest grid have the same embedding in bfloat16', () => {
  const grid = noiseLevels(1281, cifar10.ict.levels);
  const noise = tf.tensor1d(Float32Array.from(grid, (sigma) => noiseConditioning('ncsnpp', sigma)));
  const embeddings = modulesOf('bfloat16', noise).get('GaussianFourierProjection_0')!;
  const width = embeddings.length / grid.length;
  const row = (i: number) => embeddings.subarray(i * width, (i + 1) * width);
  const same = Array.from({ length: grid.length - 1 }, (_, i) => i).filter((i) =>
    row(i).every((value, j) => value === row(i + 1)[j]),
  );
  expect(same).toEqual([]);
});
