/** @file Profiles: every operation with its kind, place, shape and time; and names that change nothing else. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { compile } from '../../../harness/engine/compile/compile.ts';
import { within } from '../../../harness/engine/compile/place.ts';
import { profile } from '../../../harness/engine/compile/profile.ts';
import { engineForTests } from '../engine-fixture.ts';

beforeAll(async () => {
  await engineForTests();
});

const x = () =>
  tf.tensor2d(
    Float32Array.from({ length: 64 * 64 }, (_, i) => Math.sin(i)),
    [64, 64],
  );

/** A product in a place of its own, and the gradient of what follows it. */
const slopes = (a: tf.Tensor): tf.Tensor[] => {
  const outside = tf.tensor1d([2]);
  const loss = (b: tf.Tensor): tf.Scalar => {
    const product = within('product', () => within('inner', () => tf.matMul(b as tf.Tensor2D, b as tf.Tensor2D)));
    return tf.mean(tf.mul(tf.sin(product), outside));
  };
  return [tf.grad(loss)(a)];
};

it('tells of each operation its kind, its place, also in the gradient, its shape and its time', () => {
  const runs = profile(slopes, [x()], { threads: 1, runs: 2 });
  expect(runs).toHaveLength(2);
  for (const { operations, microseconds } of runs) {
    const products = operations.filter(({ kind }) => kind.includes('MatMul'));
    expect(products.map(({ name }) => name.replace(/[^/]+$/, '')).sort()).toEqual([
      'gradient/product/inner/',
      'gradient/product/inner/',
      'product/inner/',
    ]);
    expect(products.map(({ shape }) => shape)).toEqual(products.map(() => [64, 64]));
    for (const product of products) expect(product.microseconds).toBeGreaterThan(0);
    // The sine itself is not computed: only its gradient is asked for.
    expect(operations.some(({ kind, name }) => kind === 'Cos' && !name.includes('/'))).toBe(true);
    const most = Math.max(...operations.map((operation) => operation.microseconds));
    expect(microseconds).toBeGreaterThanOrEqual(most);
  }
});

it('leaves the engine as it was: the function compiles and runs, and no tensor is left', () => {
  const input = x();
  const before = tf.memory().numTensors;
  profile(slopes, [input], { threads: 1, runs: 1 });
  expect(tf.memory().numTensors).toBe(before);
  const [compiled] = compile(slopes)(input);
  const [plain] = tf.tidy(() => slopes(input));
  expect([...compiled!.dataSync()]).toEqual([...plain!.dataSync()]);
});

it('passes on what the function throws, and is ready for the next one', () => {
  const wrong = (a: tf.Tensor): tf.Tensor => tf.matMul(a, tf.ones([3, 3]));
  expect(() => profile(wrong, [x()], { threads: 1, runs: 1 })).toThrow(/Dimensions must be equal, but are 64 and 3/);
  expect(profile((a: tf.Tensor) => tf.square(a), [x()], { threads: 1, runs: 1 })).toHaveLength(1);
});
