/** @file RAdam and moving averages as native operations have the bits of TensorFlow's, denormal numbers and infinities included. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { HostRandom } from '../../../harness/core/random.ts';
import { compile } from '../../../harness/engine/compile/compile.ts';
import { nativeAverage, nativeRadam } from '../../../harness/engine/ops.ts';
import { plainAverage } from '../../../harness/train/update/ema.ts';
import { plainRadam, radam, radamScalars } from '../../../harness/train/update/optimizer.ts';
import type { Optimizer } from '../../../harness/recipe/types.ts';
import { ict } from '../../../recipes/cifar10.ts';
import { engineForTests } from '../engine-fixture.ts';

beforeAll(async () => {
  await engineForTests();
});

const { optimizer } = ict;

/** Whole blocks of 16, of 4, single numbers, and more than one thread takes at a time. */
const sizes = [1, 7, 4096, 70_003];

/** Of every size that a number can have: a quarter near one, a quarter whose squares are denormal, a quarter denormal themselves, zeros, and ends. */
function numbers(size: number, draw: number, sign: 1 | 0 = 1): tf.Tensor1D {
  const random = new HostRandom(3, 'metrics-subset', draw);
  const scales = [1, 1e-21, 1e-40, 0, 1e19];
  const values = Float32Array.from({ length: size }, (_, i) => random.normal() * scales[(i * 7) % scales.length]!);
  if (size > 4000) values.set([Infinity, NaN, -Infinity, 3e38, -0], 4000 - 5);
  return tf.tensor1d(sign ? values : values.map(Math.abs));
}

/** As text, which is quickly compared. */
function bitsOf(tensors: readonly tf.Tensor[]): string[] {
  return tensors.map((tensor) => {
    const values = tensor.dataSync<'float32'>();
    // Which of the many NaN comes out is not promised.
    return Buffer.from(Float32Array.from(values, (value) => (Number.isNaN(value) ? NaN : value)).buffer).toString(
      'hex',
    );
  });
}

type Update = (...inputs: tf.Tensor[]) => tf.Tensor[];

const updateBy =
  (update: typeof radam, how: Optimizer): Update =>
  (parameters, gradient, first, second, scalars) => {
    const { parameters: next, moments } = update(how, parameters, gradient, { first: first, second: second }, scalars);
    return [next, moments.first, moments.second];
  };

test.each(sizes.flatMap((size) => [1, 2, 400].map((step) => [size, step] as const)))(
  'RAdam of %i numbers, step %i',
  (size, step) => {
    const inputs = [numbers(size, 0), numbers(size, 1), numbers(size, 2), numbers(size, 3, 0)];
    const all = [...inputs, tf.tensor1d(radamScalars(optimizer, 1e-4, step))];
    const native: Update = (p, g, m, v, s) => {
      const { parameters, first, second } = nativeRadam(optimizer, p, g, { first: m, second: v }, s);
      return [parameters, first, second];
    };
    for (const mode of ['compiled', 'eager'] as const) {
      const run = (update: Update) => bitsOf(compile((given: tf.Tensor[]) => update(...given), { mode })(all));
      const plain = run(updateBy(plainRadam, optimizer));
      expect(run(native), mode).toEqual(plain);
      expect(run(updateBy(radam, optimizer)), mode).toEqual(plain);
    }
  },
);

test.each(sizes)('a moving average of %i numbers', (size) => {
  const all = [numbers(size, 4), numbers(size, 5), tf.tensor1d([1 - 0.9999])];
  for (const mode of ['compiled', 'eager'] as const) {
    const run = (average: typeof plainAverage) =>
      bitsOf([compile(([a, p, s]: tf.Tensor[]) => average(a!, p!, s!), { mode })(all)]);
    expect(run(nativeAverage), mode).toEqual(run(plainAverage));
  }
});

test('shapes that do not fit are refused', () => {
  const [a, b] = [tf.zeros([4]), tf.zeros([5])];
  expect(() => nativeAverage(a, b, tf.scalar(1))).toThrow('must have the shape of the average');
  expect(() => nativeAverage(a, a, tf.zeros([2]))).toThrow('the share is one number');
  const scalars = tf.zeros([3]);
  expect(() => nativeRadam(optimizer, a, b, { first: a, second: a }, scalars)).toThrow('the shape of the parameters');
  expect(() => nativeRadam(optimizer, a, a, { first: a, second: a }, b)).toThrow('there are three scalars');
});
