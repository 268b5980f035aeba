/** @file What a precision rounds: the marked operations and their gradients, and nothing else. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { compile } from '../../harness/engine/compile/compile.ts';
import { recomputed } from '../../harness/engine/compile/recompute.ts';
import { inStepPrecision } from '../../harness/engine/step-precision.ts';
import { engineForTests } from './engine-fixture.ts';

beforeAll(async () => {
  await engineForTests();
});

/** 1 + 2^-9 has no bfloat16: it is rounded to 1. */
const fine = 1 + 2 ** -9;

type Product = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;
const product: Product = (a, b) => tf.matMul(a, b);
const marked: Product = (a, b) => inStepPrecision(() => product(a, b));

/** Value and both gradients of the product of two numbers, in bfloat16. */
function inBfloat16(f: Product, mode: 'compiled' | 'eager'): number[] {
  const run = compile(
    (a: tf.Tensor, b: tf.Tensor) => {
      const { value, grads } = tf.valueAndGrads((x: tf.Tensor, y: tf.Tensor) => tf.sum(f(x, y)))([a, b]);
      return [value, ...grads];
    },
    { mode, precision: 'bfloat16' },
  );
  const numbers = run(tf.tensor2d([[fine]]), tf.tensor2d([[fine]])).map((t) => t.dataSync()[0]!);
  run.dispose();
  return numbers;
}

describe.each(['compiled', 'eager'] as const)('bfloat16, %s', (mode) => {
  test('rounds a marked product and both of its gradients', () => {
    expect(inBfloat16(marked, mode)).toEqual([1, 1, 1]);
  });

  test('leaves an unmarked one and its gradients in float32', () => {
    expect(inBfloat16(product, mode)).toEqual([Math.fround(fine * fine), fine, fine]);
  });

  test('ends with the mark, also where the part throws', () => {
    const interrupted: Product = (a, b) => {
      expect(() =>
        inStepPrecision(() => {
          throw new Error('stop');
        }),
      ).toThrow('stop');
      return product(a, b);
    };
    expect(inBfloat16(interrupted, mode)[0]).toBe(Math.fround(fine * fine));
  });

  test('rounds alike where activations are computed again', () => {
    const again =
      (f: Product): Product =>
      (a, b) =>
        recomputed((x, y) => f(x, y), [a, b]);
    expect(inBfloat16(again(marked), mode)).toEqual([1, 1, 1]);
    expect(inBfloat16(again(product), mode)).toEqual([Math.fround(fine * fine), fine, fine]);
  });
});

test('a mark alters nothing in float32', () => {
  const [a, b] = [tf.tensor2d([[fine]]), tf.tensor2d([[fine]])];
  expect(marked(a, b).dataSync()[0]).toBe(product(a, b).dataSync()[0]);
});
