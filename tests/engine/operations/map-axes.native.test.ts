/** @file Native maps along both axes: bits of the matrix products for every kind of resampling, in both directions; what is refused. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { HostRandom } from '../../../harness/core/random.ts';
import { compile } from '../../../harness/engine/compile/compile.ts';
import { nativeMapAxes } from '../../../harness/engine/ops.ts';
import {
  firBeforeStride,
  firDown,
  firUp,
  halfPixelBilinear,
  mapAxes,
  plainMapAxes,
  type AxisMap,
} from '../../../harness/network/resample.ts';
import { engineForTests } from '../engine-fixture.ts';
import { bitsOf } from './bits.ts';

beforeAll(async () => {
  await engineForTests();
});

function numbers(shape: readonly number[], draw: number): tf.Tensor {
  const random = new HostRandom(11, 'metrics-subset', draw);
  const values = Float32Array.from({ length: tf.util.sizeFromShape([...shape]) }, () => random.normal());
  values.set([1e-40, -0, 3e37, -3e37], values.length >> 1);
  return tf.tensor(values, [...shape]);
}

function matrixOf({ outputs, inputs, values }: AxisMap): tf.Tensor2D {
  return tf.tensor2d(Float32Array.from(values), [outputs, inputs]);
}

const modes = ['compiled', 'eager'] as const;
const maps: [string, AxisMap][] = [
  ['up from 4', firUp(4)],
  ['up from 16', firUp(16)],
  ['down from 8', firDown(8)],
  ['down from 32', firDown(32)],
  ['before a stride, 32', firBeforeStride(32)],
  ['bilinear from 32 to 56', halfPixelBilinear(32, 56)],
];

// Channels are taken 64 at a time, and 16, 8 or 4 together by the widest instructions: 3, 20 and 96 leave a rest.
test.each(maps.flatMap(([name, map]) => [3, 16, 20, 64, 96].map((channels) => ({ name, map, channels }))))(
  '$name, $channels channels: value and gradient have the bits of products',
  ({ map, channels }) => {
    const x = numbers([2, map.inputs, map.inputs, channels], channels);
    const dy = numbers([2, map.outputs, map.outputs, channels], channels + 1);
    const expected = [plainMapAxes(x, matrixOf(map)), plainMapAxes(dy, tf.transpose(matrixOf(map)))].map(bitsOf);
    for (const mode of modes) {
      const own = compile(
        (given: tf.Tensor, d: tf.Tensor) => [mapAxes(given, map), tf.grad((t) => mapAxes(t, map))(given, d)],
        { mode },
      );
      expect(own(x, dy).map(bitsOf), mode).toEqual(expected);
    }
  },
);

test('an output of no weight is zero, and infinity stays where the map takes it', () => {
  const matrix = tf.tensor2d([0, 0, 0, 2, 3, 0], [2, 3]);
  const x = tf.buffer([1, 3, 3, 1]);
  for (let h = 0; h < 3; h++) for (let w = 0; w < 3; w++) x.set(h === 2 ? Infinity : 3 * h + w + 1, 0, h, w, 0);
  // 4 * 1 + 6 * 2 + 6 * 4 + 9 * 5
  expect([...nativeMapAxes(x.toTensor(), matrix).dataSync<'float32'>()]).toEqual([0, 0, 0, 85]);
});

test.each([
  [[1, 4, 4], [2, 4], 'must have four axes'],
  [[1, 4, 5, 3], [2, 4], 'must be the columns of the matrix'],
  [[1, 5, 5, 3], [2, 4], 'must be the columns of the matrix'],
])('x of %j and a matrix of %j are refused', (x, matrix, message) => {
  expect(() => nativeMapAxes(tf.ones(x), tf.ones(matrix)).dataSync()).toThrow(message);
});
