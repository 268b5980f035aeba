/**
 * @file Helpers of the network kinds: device tensors of a pack, vector-Jacobian products, checksums.
 *
 * Large gradients are compared by checksum.
 */
import * as tf from '@tensorflow/tfjs-core';
import { torchAxes } from '../../network/adm/parameters.ts';
import type { Parameter } from '../../network/parameter.ts';
import { DataError, described } from '../../core/errors.ts';
import { toFloat32, toFloat64 } from '../../formats/safetensors.ts';
import type { Parameters } from '../../network/flat.ts';
import { tensorOf, type ConformanceCase } from '../case.ts';
import { expectedNames } from '../judge/judge-tensors.ts';

/** Produced values by the names of the pack. */
export type Named = Map<string, ArrayLike<number>>;

/** How a pack lays its tensors out: for each the axes in our order (NHWC, HWIO, (in, out)), null where it is ours. */
export interface PackLayout {
  readonly imageAxes: readonly number[] | null;
  readonly parameterAxes: (parameter: Parameter) => readonly number[] | null;
}

/** Packs made by JAX code. */
export const flaxLayout: PackLayout = { imageAxes: null, parameterAxes: () => null };

/** Packs made by PyTorch code. */
export const torchLayout: PackLayout = { imageAxes: [0, 2, 3, 1], parameterAxes: torchAxes };

/** An input of the pack as a device tensor. */
export function inputTensor(
  reference: ConformanceCase,
  name: string,
  axes: readonly number[] | null = null,
): tf.Tensor {
  const stored = tensorOf(reference, name);
  if (stored.dtype === 'I32') return tf.tensor(Int32Array.from(toFloat64(stored)), [...stored.shape], 'int32');
  return inOrder(tf.tensor(toFloat32(stored), [...stored.shape]), axes);
}

/** Images of the pack as float32[B,H,W,C]. */
export function inputImages(reference: ConformanceCase, name: string, { imageAxes }: PackLayout): tf.Tensor {
  return inputTensor(reference, name, imageAxes);
}

/** The values of one of our tensors in the layout of the pack; tensors of another rank than images have no layout. */
export function inPackOrder(tensor: tf.Tensor, axes: readonly number[] | null): Float32Array {
  return tf.tidy(() => {
    const restored = axes?.length === tensor.rank ? tf.transpose(tensor, inverse(axes)) : tensor;
    return restored.dataSync<'float32'>();
  });
}

/** A tensor with its axes in our order. */
export function inOrder(tensor: tf.Tensor, axes: readonly number[] | null): tf.Tensor {
  return axes ? tf.transpose(tensor, [...axes]) : tensor;
}

function inverse(axes: readonly number[]): number[] {
  return axes.map((_, i) => axes.indexOf(i));
}

export interface ParameterOptions {
  readonly layout?: PackLayout;
  /** Under which the pack keeps them. */
  readonly prefix?: string;
  /** Tensors under the prefix that are no parameters of the network. */
  readonly except?: RegExp;
}

/**
 * The parameters of the pack under `params/`, checked against what the architecture declares: a wrong name or shape in our walk of the
 * network would otherwise pass unnoticed.
 */
export function parameterTensors(
  reference: ConformanceCase,
  declared: readonly Parameter[],
  { layout = flaxLayout, prefix = 'params/', except = /^$/ }: ParameterOptions = {},
): Parameters {
  const stored = [...reference.tensors.keys()]
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length))
    .filter((name) => !except.test(name));
  const names = new Set(declared.map(({ name }) => name));
  const strange = stored.filter((name) => !names.has(name));
  if (strange.length > 0 || stored.length !== declared.length) {
    throw new DataError({
      where: reference.folder,
      got: described(`${stored.length} parameters${strange[0] ? `, among them "${strange[0]}"` : ''}`),
      expected: `the ${declared.length} parameters of the network`,
      remedy: 'Compare config.model with the tensors of the pack',
    });
  }
  return Object.fromEntries(
    declared.map((parameter) => {
      const { name, shape } = parameter;
      const tensor = inputTensor(reference, `${prefix}${name}`, layout.parameterAxes(parameter));
      if (tensor.shape.join() !== shape.join()) {
        throw new DataError({
          where: `${reference.folder}, ${name}`,
          got: tensor.shape,
          expected: `shape [${shape.join(',')}]`,
          remedy: 'Compare config.model with the tensors of the pack',
        });
      }
      return [name, tensor];
    }),
  );
}

/**
 * `output` = forward(parameters, x) and, where the pack expects them, gradients of sum(output * g) by x and by every parameter
 * (`grad/...`), large ones as three checksums (`checksum/grad/...`).
 */
export function differentiate(
  reference: ConformanceCase,
  declared: readonly Parameter[],
  forward: (parameters: Parameters, x: tf.Tensor) => tf.Tensor,
  layout: PackLayout = flaxLayout,
): Named {
  const parameters = parameterTensors(reference, declared, { layout });
  const x = inputImages(reference, 'x', layout);
  const produced: Named = new Map();
  const expected = expectedNames(reference);
  if (!expected.some((name) => name.includes('grad/'))) {
    produced.set(
      'output',
      tf.tidy(() => inPackOrder(forward(parameters, x), layout.imageAxes)),
    );
    return produced;
  }
  const g = inputImages(reference, 'g', layout);
  const pass = tf.valueAndGrads((input: tf.Tensor, ...values: tf.Tensor[]) => {
    const output = forward(Object.fromEntries(declared.map(({ name }, i) => [name, values[i]!])), input);
    produced.set('output', inPackOrder(output, layout.imageAxes));
    return tf.sum(tf.mul(output, g));
  });
  tf.tidy(() => {
    const { grads } = pass([x, ...declared.map(({ name }) => parameters[name]!)]);
    produced.set('grad/x', inPackOrder(grads[0]!, layout.imageAxes));
    declared.forEach((parameter, i) => {
      const gradient = inPackOrder(grads[i + 1]!, layout.parameterAxes(parameter));
      produced.set(`grad/params/${parameter.name}`, gradient);
      produced.set(`checksum/grad/params/${parameter.name}`, checksum(gradient));
    });
  });
  return produced;
}

/** [sum v, sum v cos(i), sqrt(sum v^2)], i the flat index in the stored layout, in float64. */
export function checksum(values: ArrayLike<number>): Float64Array {
  let sum = 0;
  let wave = 0;
  let squares = 0;
  for (let i = 0; i < values.length; i++) {
    sum += values[i]!;
    wave += values[i]! * Math.cos(i);
    squares += values[i]! ** 2;
  }
  return Float64Array.of(sum, wave, Math.sqrt(squares));
}
