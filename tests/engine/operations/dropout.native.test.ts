/** @file Native dropout: bits and gradient of a mask drawn and multiplied by TensorFlow's operations; counters carry; misfits refused. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { HostRandom } from '../../../harness/core/random.ts';
import { compile } from '../../../harness/engine/compile/compile.ts';
import { foldLane, nativeDropout, randomKey, randomUniform, type RandomKey } from '../../../harness/engine/ops.ts';
import { engineForTests } from '../engine-fixture.ts';
import { bitsOf } from './bits.ts';

beforeAll(async () => {
  await engineForTests();
});

const rate = 0.3;

function plain(x: tf.Tensor, key: RandomKey, skip: number): tf.Tensor {
  const kept = tf.cast(tf.greaterEqual(randomUniform(x.shape, key, skip), rate), 'float32');
  return tf.mul(x, tf.mul(kept, 1 / (1 - rate)));
}

function features(shape: readonly number[]): tf.Tensor {
  const random = new HostRandom(4, 'metrics-subset', shape.length);
  return tf.tensor(
    Float32Array.from({ length: tf.util.sizeFromShape([...shape]) }, () => random.normal()),
    [...shape],
  );
}

/** Counters that overflow their first word, their second, and the first pair, within the numbers that are drawn. */
const words = (...counter: [number, number, number, number]): RandomKey => tf.tensor1d([17, -5, ...counter], 'int32');

test.each<[string, readonly number[], () => RandomKey, number]>([
  ['whole vectors', [2, 8, 8, 16], () => randomKey(1, 'dropout', 9), 0],
  ['one number', [1], () => randomKey(1, 'dropout', 9), 0],
  ['a rest', [3, 5, 7, 3], () => foldLane(randomKey(2, 'dropout', 2 ** 33 + 1), 5), 0],
  ['more than one thread takes', [2, 64, 64, 20], () => randomKey(3, 'dropout', 1), 0],
  ['from a later image', [2, 8, 8, 16], () => randomKey(1, 'dropout', 9), 3 * 1024],
  ['a carry to the second word', [4, 40], () => words(-7, 3, 1, 2), 0],
  ['a carry to the third word', [4, 40], () => words(-7, -1, 1, 2), 0],
  ['a carry to the fourth word', [4, 40], () => words(-3, -1, -1, 2), 0],
])('%s', (_, shape, keyOf, skip) => {
  const [x, dy, key] = [features(shape), tf.mul(features(shape), 3), keyOf()];
  for (const mode of ['compiled', 'eager'] as const) {
    const run = (drop: (x: tf.Tensor) => tf.Tensor) => {
      const both = compile(
        (a: tf.Tensor, d: tf.Tensor) => [drop(a), tf.grad((t: tf.Tensor) => drop(t))(a, d)] as const,
        { mode },
      );
      return both(x, dy).map(bitsOf);
    };
    expect(
      run((t) => nativeDropout(t, rate, key, skip)),
      mode,
    ).toEqual(run((t) => plain(t, key, skip)));
  }
});

test('what is no key is refused, and so is half a block', () => {
  expect(() => nativeDropout(tf.ones([4]), rate, tf.zeros([5], 'int32'))).toThrow('the key must have six words');
  expect(() => nativeDropout(tf.ones([4]), rate, randomKey(0, 'dropout', 0), 2)).toThrow('a multiple of 4');
});
