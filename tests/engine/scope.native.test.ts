/** @file The scope that frees everything made in it. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { freeingAll } from '../../harness/engine/scope.ts';
import { engineForTests } from './engine-fixture.ts';

beforeAll(async () => {
  await engineForTests();
});

describe('freeingAll', () => {
  it('frees the tensors made in it and returns the values', () => {
    const before = tf.memory().numTensors;
    const values = freeingAll(() => tf.add(tf.tensor1d([1, 2]), 1).dataSync());
    expect([...values]).toEqual([2, 3]);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('frees them when it throws', () => {
    const before = tf.memory().numTensors;
    expect(() =>
      freeingAll(() => {
        tf.add(tf.tensor1d([1, 2]), 1);
        throw new Error('stop');
      }),
    ).toThrow('stop');
    expect(tf.memory().numTensors).toBe(before);
  });

  it('leaves tensors of outside alone', () => {
    const outside = tf.tensor1d([1, 2]);
    freeingAll(() => tf.add(outside, 1));
    expect([...outside.dataSync()]).toEqual([1, 2]);
    outside.dispose();
  });
});
