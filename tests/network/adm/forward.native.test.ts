/** @file ADM: what bfloat16 leaves in float32; attention with normalised queries, keys and values. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { withEagerPrecision } from '../../../harness/engine/compile/compile.ts';
import { randomKey, randomNormal } from '../../../harness/engine/operations/random.ts';
import { adm } from '../../../harness/network/adm/forward.ts';
import { admArchitecture } from '../../../harness/network/adm/modules.ts';
import { admParameters } from '../../../harness/network/adm/parameters.ts';
import { flatShape, initialValues, parameterLayout, unflatten } from '../../../harness/network/flat.ts';
import { unitRootMeanSquare } from '../../../harness/network/layers.ts';
import type { AdmNetwork } from '../../../harness/recipe/types.ts';
import { engineForTests } from '../../engine/engine-fixture.ts';

beforeAll(async () => {
  await engineForTests();
});

const network: AdmNetwork = {
  kind: 'adm',
  resolution: 8,
  baseChannels: 32,
  channelMultipliers: [1, 2],
  blocksPerLevel: 1,
  attentionResolutions: [4],
  headChannels: 32,
  scaleShiftNorm: true,
  qkvNorm: false,
  dropoutBy: 'feature-map',
  classes: 3,
};
const architecture = admArchitecture(network);
const layout = parameterLayout(admParameters(architecture));
// The last convolution of a block starts at zero and would hide what comes before it.
const values = initialValues(layout, 0).map((value, i) => (value === 0 ? 0.01 * Math.sin(i) : value));
const weights = (): Record<string, tf.Tensor> => unflatten(layout, tf.tensor2d(values, flatShape(layout)));

test('embedding and first convolution are those of float32 to the bit, blocks are not', () => {
  const parameters = weights();
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

describe('with normalised queries, keys and values', () => {
  // x / (1e-4 + |x| / sqrt(d)) in float64: (3, 4) has |x| / sqrt(2) = 3.5355339, (3, 4, 0, 0) has |x| / 2 = 2.5.
  test('a vector has root mean square 1, up to the epsilon of the reproduction that has them', () => {
    const scaled = (vector: number[]) => [...unitRootMeanSquare(tf.tensor2d([vector])).dataSync()];
    scaled([3, 4]).forEach((value, i) => expect(value).toBeCloseTo([3, 4][i]! / (1e-4 + 5 / Math.SQRT2), 6));
    scaled([3, 4, 0, 0]).forEach((value, i) => expect(value).toBeCloseTo([3, 4, 0, 0][i]! / 2.5001, 6));
    scaled([0, 1e-4]).forEach((value, i) => expect(value).toBeCloseTo([0, 1 / (1 + Math.SQRT1_2)][i]!, 5));
  });

  /** The output of the middle attention when its queries, keys and values are so many times as large. */
  function middle(qkvNorm: boolean, times: number): Float32Array {
    const parameters = weights();
    for (const name of ['middle_block.1.qkv.weight', 'middle_block.1.qkv.bias'])
      parameters[name] = tf.mul(parameters[name]!, times);
    let seen = new Float32Array();
    const observe = (name: string, output: tf.Tensor) => {
      if (name === 'middle_block') seen = output.dataSync<'float32'>().slice();
    };
    const images = randomNormal([2, 8, 8, 3], randomKey(0, 'noise', 0));
    const [noise, labels] = [tf.tensor1d([-900, 300]), tf.tensor1d([2, 0], 'int32')];
    adm(admArchitecture({ ...network, qkvNorm }), { parameters, observe }, images, noise, labels);
    return seen;
  }

  const largestDifference = (a: Float32Array, b: Float32Array): number =>
    a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);

  test('attention does not see how large they are; without, it does', () => {
    expect(largestDifference(middle(true, 1), middle(true, 8))).toBeLessThan(1e-3);
    expect(largestDifference(middle(false, 1), middle(false, 8))).toBeGreaterThan(1e-2);
    expect(largestDifference(middle(true, 1), middle(false, 1))).toBeGreaterThan(1e-2);
  });
});
