/** @file Native sums over rows: bits of TensorFlow's for few rows and many, for whole vectors of columns and others; gradients of a bias alone. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { HostRandom } from '../../../harness/core/random.ts';
import { compile } from '../../../harness/engine/compile/compile.ts';
import { columnSum } from '../../../harness/engine/operations/column-sum.ts';
import { nativeBias } from '../../../harness/engine/ops.ts';
import { engineForTests } from '../engine-fixture.ts';
import { bitsOf } from './bits.ts';

beforeAll(async () => {
  await engineForTests();
});

function numbers(shape: readonly number[], draw: number): tf.Tensor {
  const random = new HostRandom(7, 'metrics-subset', draw);
  const values = Float32Array.from({ length: tf.util.sizeFromShape([...shape]) }, () => random.normal());
  if (values.length > 1000) values.set([1e-40, -0, 3e38, -3e38], 500);
  return tf.tensor(values, [...shape]);
}

const modes = ['compiled', 'eager'] as const;

// 16 rows are the fewest with four sums; columns are taken 64 and 16 at a time; 3 and 20 are left to TensorFlow.
test.each([
  ...[1, 3, 15, 16, 17, 18, 19, 20, 1023].flatMap((rows) =>
    [16, 64, 80, 144, 3, 20].map((columns) => [1, rows, columns]),
  ),
  [5, 15, 48],
  [3, 16, 128],
  [16, 256, 64],
  [1, 16_384, 64],
  [1, 4096, 256],
])('%d parts of %d rows of %d columns', (parts, rows, columns) => {
  const x = numbers([parts, rows, columns], 0);
  const expected = bitsOf(tf.sum(x, 1));
  for (const mode of modes) {
    const own = compile((given: tf.Tensor) => columnSum(tf.reshape(given, [parts * rows, columns]), parts), { mode });
    expect(bitsOf(own(x)), mode).toBe(expected);
  }
});

test('a column of infinities of both signs is no number, its neighbours are', () => {
  const x = tf.buffer([20, 16]);
  x.set(Infinity, 2, 3);
  x.set(-Infinity, 7, 3);
  x.set(-Infinity, 19, 5);
  const sums = [...columnSum(x.toTensor(), 1).dataSync<'float32'>()];
  expect(sums).toEqual(Array.from({ length: 16 }, (_, column) => (column === 3 ? NaN : column === 5 ? -Infinity : 0)));
});

test('a bias alone: value and gradients of an addition', () => {
  const [x, bias, dy] = [numbers([2, 5, 7, 32], 1), numbers([32], 2), numbers([2, 5, 7, 32], 3)];
  for (const mode of modes) {
    const run = (sum: (x: tf.Tensor, bias: tf.Tensor) => tf.Tensor) =>
      compile((given: tf.Tensor[], d: tf.Tensor) => [sum(given[0]!, given[1]!), ...tf.grads(sum)(given, d)], { mode })(
        [x, bias],
        dy,
      ).map(bitsOf);
    expect(run(nativeBias), mode).toEqual(run((a, b) => tf.add(a, b)));
  }
});

test('rows that do not divide into the parts are refused', () => {
  expect(() => columnSum(tf.ones([5, 16]), 2)).toThrow('the requested shape has 64');
});
