/** @file The native sum after a convolution: bits and gradients of TensorFlow's additions and product; inputs are left alone; misfits refused. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { HostRandom } from '../../../harness/core/random.ts';
import { compile } from '../../../harness/engine/compile/compile.ts';
import { nativeSum } from '../../../harness/engine/ops.ts';
import { plainSum } from '../../../harness/network/layers.ts';
import { engineForTests } from '../engine-fixture.ts';
import { bitsOf } from './bits.ts';

beforeAll(async () => {
  await engineForTests();
});

function numbers(shape: readonly number[], draw: number): tf.Tensor {
  const random = new HostRandom(6, 'metrics-subset', draw);
  const values = Float32Array.from({ length: tf.util.sizeFromShape([...shape]) }, () => random.normal());
  // Of numbers that are none only NaN itself has one form of bits that is promised.
  if (values.length > 100) values.set([Infinity, 1e-40, -0, 3e38], 50);
  return tf.tensor(values, [...shape]);
}

test.each<[string, readonly number[], readonly number[], number]>([
  ['a residual', [2, 8, 8, 32], [2, 8, 8, 32], Math.SQRT1_2],
  ['a row per image', [3, 4, 6, 20], [3, 20], 1],
  ['sequences', [2, 16, 7], [2, 16, 7], 0.5],
  ['more than one thread takes', [4, 32, 32, 48], [4, 48], 2],
  ['one number', [1, 1], [1, 1], 3],
])('%s', (_, shape, otherShape, scale) => {
  const inputs = [numbers(shape, 0), numbers(shape.slice(-1), 1), numbers(otherShape, 2)];
  const dy = numbers(shape, 3);
  for (const mode of ['compiled', 'eager'] as const) {
    const run = (sum: typeof nativeSum) => {
      const both = compile(
        (given: tf.Tensor[], d: tf.Tensor) => {
          // Made inside, x is read by the sum alone and may be overwritten.
          const of = (x: tf.Tensor, bias: tf.Tensor, other: tf.Tensor) => sum(tf.mul(x, 3), bias, other, scale);
          const value = of(...(given as [tf.Tensor, tf.Tensor, tf.Tensor]));
          return [value, ...tf.grads(of)(given, d)];
        },
        { mode },
      );
      return both(inputs, dy).map(bitsOf);
    };
    const before = inputs.map((input) => input.dataSync<'float32'>().slice());
    expect(run(nativeSum), mode).toEqual(run(plainSum));
    expect(run(nativeSum), mode).toEqual(run(nativeSum));
    expect(inputs.map((input) => input.dataSync<'float32'>().slice())).toEqual(before);
  }
});

test('shapes that do not fit are refused', () => {
  const x = tf.ones([2, 3, 4]);
  expect(() => nativeSum(x, tf.ones([3]), x, 1)).toThrow('bias must have as many numbers as x has channels');
  expect(() => nativeSum(x, tf.ones([4]), tf.ones([5, 4]), 1)).toThrow('other must have the shape of x, or one row');
  expect(() => nativeSum(x, tf.ones([4]), tf.ones([7]), 1)).toThrow('other must have the shape of x, or one row');
});
