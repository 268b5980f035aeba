/** @file ADM in bfloat16: what tells noise levels apart, and what makes the image, stays in float32. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { withEagerPrecision } from '../../../harness/engine/compile/compile.ts';
import { randomKey, randomNormal } from '../../../harness/engine/operations/random.ts';
import { adm } from '../../../harness/network/adm/forward.ts';
import { admArchitecture } from '../../../harness/network/adm/modules.ts';
import { admParameters } from '../../../harness/network/adm/parameters.ts';
import { flatShape, initialValues, parameterLayout, unflatten } from '../../../harness/network/flat.ts';
import { engineForTests } from '../../engine/engine-fixture.ts';

beforeAll(async () => {
  await engineForTests();
});

const architecture = admArchitecture({
  kind: 'adm',
  resolution: 8,
  baseChannels: 32,
  channelMultipliers: [1, 2],
  blocksPerLevel: 1,
  attentionResolutions: [4],
  headChannels: 32,
  scaleShiftNorm: true,
  dropoutBy: 'feature-map',
  classes: 3,
});

test('embedding and first convolution are those of float32 to the bit, blocks are not', () => {
  const layout = parameterLayout(admParameters(architecture));
  // The last convolution of a block starts at zero and would hide the rounding before it.
  const values = initialValues(layout, 0).map((value, i) => (value === 0 ? 0.01 * Math.sin(i) : value));
  const parameters = unflatten(layout, tf.tensor2d(values, flatShape(layout)));
  const modulesOf = (precision: 'float32' | 'bfloat16') => {
    const seen = new Map<string, Float32Array>();
    const observe = (name: string, output: tf.Tensor) => seen.set(name, output.dataSync<'float32'>());
    const images = randomNormal([2, 8, 8, 3], randomKey(0, 'noise', 0));
    const [noise, labels] = [tf.tensor1d([-900, 300]), tf.tensor1d([2, 0], 'int32')];
    withEagerPrecision(precision, () => adm(architecture, { parameters, observe }, images, noise, labels));
    return seen;
  };
  const [wide, narrow] = [modulesOf('float32'), modulesOf('bfloat16')];
  for (const name of ['time_embed', 'input_blocks.0']) expect(narrow.get(name), name).toEqual(wide.get(name));
  expect(narrow.get('input_blocks.1')).not.toEqual(wide.get('input_blocks.1'));
});
