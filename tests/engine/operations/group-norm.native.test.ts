/** @file Native group normalisation: values and gradients beside float64, slices alone as together, NaN kept, misfits refused. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { HostRandom } from '../../../harness/core/random.ts';
import { compile } from '../../../harness/engine/compile/compile.ts';
import { nativeGroupNorm } from '../../../harness/engine/ops.ts';
import { groupNorm } from '../../../harness/network/layers.ts';
import { engineForTests } from '../engine-fixture.ts';

beforeAll(async () => {
  await engineForTests();
});

interface Case {
  readonly shape: readonly [number, number, number, number];
  readonly groups: number;
  readonly mean?: number;
}

const epsilon = 1e-6;

/** Blocks of 16 channels, of 4, single ones, groups wider than a block, sums longer than one part, and the smallest there is. */
const cases: readonly Case[] = [
  { shape: [3, 5, 5, 16], groups: 4 },
  { shape: [2, 16, 16, 32], groups: 8, mean: 3 },
  { shape: [2, 3, 7, 20], groups: 5 },
  { shape: [2, 4, 4, 6], groups: 3 },
  { shape: [1, 8, 8, 192], groups: 32 },
  { shape: [2, 4, 4, 96], groups: 4 },
  { shape: [2, 9, 8, 30], groups: 1 },
  { shape: [1, 1, 2, 2], groups: 1 },
];

function normal(size: number, draw: number, mean = 0): Float32Array {
  const random = new HostRandom(5, 'metrics-subset', draw);
  return Float32Array.from({ length: size }, () => mean + random.normal());
}

interface Inputs {
  readonly x: Float32Array;
  readonly scale: Float32Array;
  readonly bias: Float32Array;
  readonly dy: Float32Array;
}

function inputsOf({ shape, mean }: Case): Inputs {
  const size = tf.util.sizeFromShape([...shape]);
  return { x: normal(size, 0, mean), scale: normal(shape[3], 1), bias: normal(shape[3], 2), dy: normal(size, 3) };
}

interface Answers {
  readonly y: Float64Array;
  readonly dx: Float64Array;
  readonly dScale: Float64Array;
  readonly dBias: Float64Array;
}

/** The definition and its derivative in float64, one image and group after the other. */
function expected({ shape, groups }: Case, { x, scale, bias, dy }: Inputs, withSwish: boolean): Answers {
  const [images, height, width, channels] = shape;
  const positions = height * width;
  const perGroup = channels / groups;
  const [y, dx] = [new Float64Array(x.length), new Float64Array(x.length)];
  const [dScale, dBias] = [new Float64Array(channels), new Float64Array(channels)];
  for (let image = 0; image < images; image++) {
    for (let group = 0; group < groups; group++) {
      const places: [at: number, channel: number][] = [];
      for (let p = 0; p < positions; p++) {
        for (let c = group * perGroup; c < (group + 1) * perGroup; c++) {
          places.push([(image * positions + p) * channels + c, c]);
        }
      }
      const meanOf = (f: (at: number, channel: number) => number): number =>
        places.reduce((sum, [at, channel]) => sum + f(at, channel), 0) / places.length;
      const mean = meanOf((at) => x[at]!);
      const inverse = 1 / Math.sqrt(meanOf((at) => (x[at]! - mean) ** 2) + epsilon);
      const normalised = (at: number): number => (x[at]! - mean) * inverse;
      const d = new Map<number, number>();
      for (const [at, c] of places) {
        const n = normalised(at) * scale[c]! + bias[c]!;
        const s = 1 / (1 + Math.exp(-n));
        y[at] = withSwish ? n * s : n;
        const slope = dy[at]! * (withSwish ? s + n * s * (1 - s) : 1);
        d.set(at, slope);
        dScale[c]! += slope * normalised(at);
        dBias[c]! += slope;
      }
      const meanD = meanOf((at, c) => d.get(at)! * scale[c]!);
      const meanDx = meanOf((at, c) => d.get(at)! * scale[c]! * normalised(at));
      for (const [at, c] of places) dx[at] = inverse * (d.get(at)! * scale[c]! - meanD - normalised(at) * meanDx);
    }
  }
  return { y, dx, dScale, dBias };
}

interface Numbers {
  readonly groups: number;
  readonly epsilon: number;
  readonly withSwish: boolean;
}

/** With its tensors in a row, as gradients take them. */
function norm(x: tf.Tensor, scale: tf.Tensor, bias: tf.Tensor, { withSwish, ...numbers }: Numbers): tf.Tensor {
  return nativeGroupNorm(x, { scale, bias, ...numbers }, withSwish);
}

type Operation = (x: tf.Tensor, scale: tf.Tensor, bias: tf.Tensor) => tf.Tensor;

function run(
  operation: Operation,
  shape: readonly number[],
  { x, scale, bias, dy }: Inputs,
): Record<keyof Answers, Float32Array> {
  return tf.tidy(() => {
    const inputs = [tf.tensor(x, [...shape]), tf.tensor(scale), tf.tensor(bias)] as const;
    const { value, grads } = tf.valueAndGrads((...args) => operation(...(args as [tf.Tensor, tf.Tensor, tf.Tensor])))(
      [...inputs],
      tf.tensor(dy, [...shape]),
    );
    const [dx, dScale, dBias] = grads.map((gradient) => gradient.dataSync<'float32'>());
    return { y: value.dataSync<'float32'>(), dx: dx!, dScale: dScale!, dBias: dBias! };
  });
}

function largestError(got: Float32Array, want: Float64Array): number {
  return Math.max(...want.map((value, i) => Math.abs(got[i]! - value)));
}

function largest(values: Float64Array): number {
  return Math.max(...values.map(Math.abs));
}

describe.each(cases)('shape $shape, $groups groups', (given) => {
  test.each([true, false])('values and gradients are those of float64, swish %s', (withSwish) => {
    const inputs = inputsOf(given);
    const { groups } = given;
    const got = run((...args) => norm(...args, { groups, epsilon, withSwish }), given.shape, inputs);
    const want = expected(given, inputs, withSwish);
    for (const name of ['y', 'dx', 'dScale', 'dBias'] as const) {
      expect(largestError(got[name], want[name]), name).toBeLessThan(3e-6 * Math.max(1, largest(want[name])));
    }
  });
});

test('a compiled function has the bits of single operations', () => {
  const given = cases[1]!;
  const inputs = inputsOf(given);
  const numbers = { groups: given.groups, epsilon, withSwish: true };
  const single = run((...args) => norm(...args, numbers), given.shape, inputs);
  const compiled = compile((x: tf.Tensor, scale: tf.Tensor, bias: tf.Tensor, dy: tf.Tensor) => {
    const pass = tf.valueAndGrads((...args) => norm(...(args as [tf.Tensor, tf.Tensor, tf.Tensor]), numbers));
    const { value, grads } = pass([x, scale, bias], dy);
    return [value, ...grads];
  });
  const { x, scale, bias, dy } = inputs;
  const outputs = compiled(
    tf.tensor(x, [...given.shape]),
    tf.tensor(scale),
    tf.tensor(bias),
    tf.tensor(dy, [...given.shape]),
  );
  const { y, dx, dScale, dBias } = single;
  expect(outputs.map((output) => output.dataSync())).toEqual([y, dx, dScale, dBias]);
  compiled.dispose();
});

test('an image has the bits of the same image alone, forward and backward', () => {
  const { shape, groups } = cases[1]!;
  const inputs = inputsOf(cases[1]!);
  const numbers = { groups, epsilon, withSwish: true };
  const all = run((...args) => norm(...args, numbers), shape, inputs);
  const size = inputs.x.length / shape[0];
  const part = (values: Float32Array) => values.slice(size, 2 * size);
  const one = { ...inputs, x: part(inputs.x), dy: part(inputs.dy) };
  const alone = run((...args) => norm(...args, numbers), [1, ...shape.slice(1)], one);
  expect(alone.y).toEqual(part(all.y));
  expect(alone.dx).toEqual(part(all.dx));
});

test('swish is exact at its ends', () => {
  const flat = (bias: number): number[] => [
    ...norm(tf.zeros([1, 2, 2, 2]), tf.ones([2]), tf.fill([2], bias), {
      groups: 1,
      epsilon,
      withSwish: true,
    }).dataSync(),
  ];
  expect(flat(100)).toEqual(Array(8).fill(100));
  expect(flat(0)).toEqual(Array(8).fill(0));
  for (const value of flat(-100)) expect(Math.abs(value)).toBeLessThan(1e-35);
  expect(flat(-1)[0]).toBeCloseTo(-1 / (1 + Math.E), 7);
});

test('what is not finite stays so, in its group alone', () => {
  const { shape, groups } = cases[0]!;
  for (const bad of [NaN, Infinity, -Infinity]) {
    const inputs = inputsOf(cases[0]!);
    inputs.x[0] = bad;
    const { y, dx } = run((...args) => norm(...args, { groups, epsilon, withSwish: true }), shape, inputs);
    const perImage = shape[1] * shape[2] * shape[3];
    const spoilt = (values: Float32Array) => [...values.keys()].filter((at) => Number.isNaN(values[at]!));
    const own = [...inputs.x.keys()].filter((at) => at < perImage && at % shape[3] < shape[3] / groups);
    expect(spoilt(y)).toEqual(own);
    expect(spoilt(dx)).toEqual(own);
  }
});

test('the plain operations differ by rounding', () => {
  const given = cases[1]!;
  const inputs = inputsOf(given);
  const { shape, groups } = given;
  const native = run((...args) => norm(...args, { groups, epsilon, withSwish: true }), shape, inputs);
  const plain = run((x, scale, bias) => groupNorm(x, { scale, bias, groups, epsilon }, true), shape, inputs);
  for (const name of ['y', 'dx', 'dScale', 'dBias'] as const) {
    const reference = Float64Array.from(plain[name]);
    expect(largestError(native[name], reference), name).toBeLessThan(1e-5 * Math.max(1, largest(reference)));
  }
});

test('shapes that do not fit are refused', () => {
  const x = tf.zeros([1, 2, 2, 6]);
  const call = (scale: tf.Tensor, groups: number) => () => norm(x, scale, scale, { groups, epsilon, withSwish: false });
  expect(call(tf.ones([8]), 2)).toThrow('x must have the shape [B,H,W,C], scale and bias [G,C/G]');
  const affine = [tf.ones([6]), tf.ones([6])] as const;
  const flat = () => norm(tf.zeros([4, 6]), ...affine, { groups: 2, epsilon, withSwish: false });
  expect(flat).toThrow('[B,H,W,C]');
});
