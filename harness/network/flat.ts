/**
 * @file Parameters as a tree of named tensors, and as one flat tensor.
 *
 * Optimizer, averages, checkpoint and gradient exchange then handle one tensor.
 *
 * The flat tensor has rows of 16 float32 (64 bytes) and each parameter begins a row: TensorFlow can then cut the rows of a parameter out
 * without copying them. Filling is zero, gets no gradient and stays zero.
 */
import * as tf from '@tensorflow/tfjs-core';
import { sizeOf, type Initial, type Parameter } from './parameter.ts';
import { HostRandom } from '../core/random.ts';

/** Named tensors: what a forward pass takes. */
export type Parameters = Readonly<Record<string, tf.Tensor>>;

const rowWidth = 16;

/** Where each parameter stands in the flat tensor. */
export interface ParameterLayout {
  readonly parameters: readonly Parameter[];
  /** Rows of each parameter, in order. */
  readonly rows: readonly number[];
  readonly totalRows: number;
}

export function parameterLayout(parameters: readonly Parameter[]): ParameterLayout {
  const rows = parameters.map(({ shape }) => Math.ceil(sizeOf(shape) / rowWidth));
  return { parameters, rows, totalRows: rows.reduce((sum, count) => sum + count, 0) };
}

/**
 * The named tensors inside a flat one; differentiable.
 * @param flat float32[totalRows,16]
 */
export function unflatten(layout: ParameterLayout, flat: tf.Tensor): Parameters {
  const parts = tf.split(flat, [...layout.rows], 0);
  return Object.fromEntries(
    layout.parameters.map(({ name, shape }, i) => {
      const part = parts[i]!;
      const size = sizeOf(shape);
      const values = size === part.size ? part : tf.slice(tf.reshape(part, [part.size]), 0, size);
      return [name, tf.reshape(values, [...shape])];
    }),
  );
}

/** Host values by name to a host array in the order of the flat tensor. */
export function flattenHost(
  layout: ParameterLayout,
  valueOf: (parameter: Parameter) => ArrayLike<number>,
): Float32Array {
  const flat = new Float32Array(layout.totalRows * rowWidth);
  let row = 0;
  layout.parameters.forEach((parameter, i) => {
    flat.set(valueOf(parameter), row * rowWidth);
    row += layout.rows[i]!;
  });
  return flat;
}

/** The inverse of `flattenHost`: views into the array, by name. */
export function unflattenHost(layout: ParameterLayout, flat: Float32Array): Map<string, Float32Array> {
  const values = new Map<string, Float32Array>();
  let row = 0;
  layout.parameters.forEach(({ name, shape }, i) => {
    values.set(name, flat.subarray(row * rowWidth, row * rowWidth + sizeOf(shape)));
    row += layout.rows[i]!;
  });
  return values;
}

/** The shape of the flat tensor. */
export function flatShape(layout: ParameterLayout): [number, number] {
  return [layout.totalRows, rowWidth];
}

/**
 * The starting values of all parameters: parameter number i draws from step i of the stream `init`, so that a change of one parameter
 * does not change the others.
 */
export function initialValues(layout: ParameterLayout, seed: number): Float32Array {
  let index = 0;
  return flattenHost(layout, ({ shape, initial }) => {
    const random = new HostRandom(seed, 'init', index++);
    return Float32Array.from({ length: sizeOf(shape) }, drawOf(initial, random));
  });
}

function drawOf(initial: Initial, random: HostRandom): () => number {
  switch (initial.kind) {
    case 'zeros':
      return () => 0;
    case 'ones':
      return () => 1;
    case 'normal':
      return () => initial.standardDeviation * random.normal();
    case 'fan-average-uniform': {
      const bound = Math.sqrt((3 * initial.scale) / ((initial.fanIn + initial.fanOut) / 2));
      return () => bound * (2 * random.uniform() - 1);
    }
    case 'fan-in-uniform': {
      const bound = 1 / Math.sqrt(initial.fanIn);
      return () => bound * (2 * random.uniform() - 1);
    }
  }
}
