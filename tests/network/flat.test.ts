/** @file Parameters: the flat array and back, and the distributions they start from. */
import { describe, expect, test } from 'vitest';
import type { Initial, Parameter } from '../../harness/network/parameter.ts';
import { buildNetwork } from '../../harness/network/network.ts';
import { flatShape, flattenHost, initialValues, parameterLayout, unflattenHost } from '../../harness/network/flat.ts';
import * as cifar10 from '../../recipes/cifar10.ts';

const size = 20_000;

function drawn(initial: Initial): Float32Array {
  const layout = parameterLayout([{ name: 'w', shape: [size], initial, trainable: true }]);
  return unflattenHost(layout, initialValues(layout, 1)).get('w')!;
}

const mean = (values: Float32Array): number => values.reduce((sum, v) => sum + v, 0) / values.length;
const variance = (values: Float32Array): number => mean(values.map((v) => v * v)) - mean(values) ** 2;

describe('starting values', () => {
  test('are constants where the authors have constants', () => {
    expect(drawn({ kind: 'zeros' }).every((v) => v === 0)).toBe(true);
    expect(drawn({ kind: 'ones' }).every((v) => v === 1)).toBe(true);
  });

  // A uniform distribution on (-a, a) has variance a^2 / 3; 20,000 draws give it to about 1.3 % (four standard deviations of the estimate).
  test.each<[Initial, number]>([
    [{ kind: 'fan-average-uniform', scale: 1, fanIn: 9 * 128, fanOut: 9 * 256 }, Math.sqrt(3 / (9 * 192))],
    [{ kind: 'fan-average-uniform', scale: 0.1, fanIn: 256, fanOut: 256 }, Math.sqrt(0.3 / 256)],
    [{ kind: 'fan-average-uniform', scale: 1e-10, fanIn: 2304, fanOut: 2304 }, Math.sqrt(3e-10 / 2304)],
    [{ kind: 'fan-in-uniform', fanIn: 1728 }, 1 / Math.sqrt(1728)],
  ])('fill the interval of $kind evenly: scale %j', (initial, bound) => {
    const values = drawn(initial);
    expect(values.every((v) => Math.abs(v) <= bound * (1 + 1e-6))).toBe(true);
    expect(Math.abs(variance(values) / (bound ** 2 / 3) - 1)).toBeLessThan(0.03);
    expect(Math.abs(mean(values))).toBeLessThan((4 * bound) / Math.sqrt(3 * size));
  });

  test.each([16, 0.02])('of the Fourier frequencies have the scale of the recipe: %d', (standardDeviation) => {
    const values = drawn({ kind: 'normal', standardDeviation });
    // The estimate's own deviation is 1 / sqrt(2 n) = 0.5 %.
    expect(Math.abs(Math.sqrt(variance(values)) / standardDeviation - 1)).toBeLessThan(0.02);
  });

  test.each([
    [cifar10.ct, 16],
    [cifar10.ict, 0.02],
  ])('take that scale from the recipe into the network: $id', (recipe, scale) => {
    const [frequencies] = buildNetwork(recipe).parameters;
    expect(frequencies).toEqual({
      name: 'GaussianFourierProjection_0/W',
      shape: [128],
      initial: { kind: 'normal', standardDeviation: scale },
      trainable: false,
    });
  });

  test('of one parameter do not depend on the others', () => {
    const one: Parameter = { name: 'a', shape: [5], initial: { kind: 'fan-in-uniform', fanIn: 4 }, trainable: true };
    const small = parameterLayout([one, { ...one, name: 'b' }]);
    const large = parameterLayout([
      { ...one, shape: [700] },
      { ...one, name: 'b' },
    ]);
    const values = (layout: typeof small) => [...unflattenHost(layout, initialValues(layout, 3)).get('b')!];
    expect(values(small)).toEqual(values(large));
  });
});

describe('the flat array', () => {
  test('gives every parameter rows of its own, filled up with zeros', () => {
    const initial: Initial = { kind: 'ones' };
    const layout = parameterLayout([
      { name: 'a', shape: [3], initial, trainable: true },
      { name: 'b', shape: [4, 5], initial, trainable: true },
    ]);
    expect(flatShape(layout)).toEqual([3, 16]);
    const flat = flattenHost(layout, ({ name }) =>
      name === 'a' ? [1, 2, 3] : Array.from({ length: 20 }, (_, i) => 10 + i),
    );
    expect([...flat.subarray(0, 17)]).toEqual([1, 2, 3, ...new Array<number>(13).fill(0), 10]);
    expect(flat.subarray(36).every((v) => v === 0)).toBe(true);
    const back = unflattenHost(layout, flat);
    expect([...back.get('a')!]).toEqual([1, 2, 3]);
    expect(back.get('b')!.length).toBe(20);
  });
});
