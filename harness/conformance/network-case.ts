/** @file What the network kinds share: tensors of a pack on the device, vector-Jacobian products, checksums of large gradients. */
import * as tf from '@tensorflow/tfjs-core';
import type { Parameter } from '../architecture/parameter.ts';
import { DataError, described } from '../core/errors.ts';
import { toFloat32 } from '../formats/safetensors.ts';
import type { Parameters } from '../model/parameters.ts';
import { tensorOf, type ConformanceCase } from './case.ts';
import { expectedNames } from './judge-tensors.ts';

/** Produced values by the names of the pack. */
export type Named = Map<string, ArrayLike<number>>;

/** An input of the pack as a device tensor in the pack's own layout. */
export function inputTensor(reference: ConformanceCase, name: string): tf.Tensor {
  const stored = tensorOf(reference, name);
  return tf.tensor(toFloat32(stored), [...stored.shape]);
}

/**
 * The parameters of the pack under `params/`, checked against what the architecture declares: a wrong name or shape in our walk of the
 * network would otherwise pass unnoticed.
 */
export function parameterTensors(
  reference: ConformanceCase,
  declared: readonly Parameter[],
  prefix = 'params/',
): Parameters {
  const stored = [...reference.tensors.keys()]
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length));
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
    declared.map(({ name, shape }) => {
      const tensor = inputTensor(reference, `${prefix}${name}`);
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
  parameters: Parameters,
  forward: (parameters: Parameters, x: tf.Tensor) => tf.Tensor,
): Named {
  const names = Object.keys(parameters);
  const x = inputTensor(reference, 'x');
  const produced: Named = new Map();
  const expected = expectedNames(reference);
  if (!expected.some((name) => name.includes('grad/'))) {
    produced.set(
      'output',
      tf.tidy(() => forward(parameters, x).dataSync()),
    );
    return produced;
  }
  const g = inputTensor(reference, 'g');
  const pass = tf.valueAndGrads((input: tf.Tensor, ...values: tf.Tensor[]) => {
    const output = forward(Object.fromEntries(names.map((name, i) => [name, values[i]!])), input);
    produced.set('output', output.dataSync());
    return tf.sum(tf.mul(output, g));
  });
  tf.tidy(() => {
    const { grads } = pass([x, ...names.map((name) => parameters[name]!)]);
    produced.set('grad/x', grads[0]!.dataSync());
    names.forEach((name, i) => {
      const gradient = grads[i + 1]!.dataSync();
      produced.set(`grad/params/${name}`, gradient);
      produced.set(`checksum/grad/params/${name}`, checksum(gradient));
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
