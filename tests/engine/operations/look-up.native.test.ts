/** @file Rows of a table: the values of `gather`, and a gradient that is each row's sum, by deterministic operations alone. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test, vi } from 'vitest';
import { lookUp } from '../../../harness/engine/operations/look-up.ts';
import { engineForTests } from '../engine-fixture.ts';

beforeAll(async () => {
  await engineForTests();
});

// Thirds and sevenths: sums of two or three of them round, as those of real gradients do.
const table = () =>
  tf.tensor2d(
    Array.from({ length: 5 * 4 }, (_, i) => Math.sin(i) / 3),
    [5, 4],
  );
const dy = () =>
  tf.tensor2d(
    Array.from({ length: 6 * 4 }, (_, i) => Math.cos(i) / 7),
    [6, 4],
  );
const numbers = [3, 0, 3, 4, 3, 0];
const rows = () => tf.tensor1d(numbers, 'int32');

test('are those that gather finds', () => {
  expect(lookUp(table(), rows()).arraySync()).toEqual(tf.gather(table(), rows()).arraySync());
});

test('have the gradient that adds up in float64, and that TensorFlow sums by segment', () => {
  const gradient = tf.grad((t: tf.Tensor) => lookUp(t, rows()))(table(), dy());
  const exact = new Float64Array(5 * 4);
  dy()
    .dataSync()
    .forEach((value, i) => (exact[numbers[Math.floor(i / 4)]! * 4 + (i % 4)]! += value));
  [...gradient.dataSync()].forEach((value, i) => expect(Math.abs(value - exact[i]!)).toBeLessThan(2 ** -24));
  const segments = tf.unsortedSegmentSum(dy(), rows(), 5).dataSync();
  [...gradient.dataSync()].forEach((value, i) => expect(Math.abs(value - segments[i]!)).toBeLessThan(2 ** -24));
  // Rows that were not asked for.
  expect(gradient.arraySync()).toMatchObject({ 1: [0, 0, 0, 0], 2: [0, 0, 0, 0] });
});

test('have it without the sum by segments, which is not deterministic on every GPU', () => {
  const execute = vi.spyOn(
    tf.backend() as unknown as { executeSingleOutput: (name: string) => tf.Tensor },
    'executeSingleOutput',
  );
  const namesOf = (f: () => tf.Tensor): string[] => {
    execute.mockClear();
    f();
    return execute.mock.calls.map(([name]) => name);
  };
  expect(namesOf(() => tf.grad((t: tf.Tensor) => lookUp(t, rows()))(table(), dy())).join()).not.toMatch(/segment/i);
  expect(namesOf(() => tf.unsortedSegmentSum(dy(), rows(), 5)).join()).toMatch(/segment/i);
  execute.mockRestore();
});
