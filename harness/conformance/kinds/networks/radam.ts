/** @file Kind `radam`: thirty steps of both variants, in float64 by the reference form and in float32 on the engine. */
import * as tf from '@tensorflow/tfjs-core';
import { toFloat64 } from '../../../formats/safetensors.ts';
import { radamUpdate, type RadamState } from '../../../method/radam.ts';
import type { Optimizer } from '../../../recipe/types.ts';
import { radam, radamScalars, type Moments } from '../../../train/optimizer.ts';
import { configNumber, isRecord, tensorOf, type ConformanceCase } from '../../case.ts';
import { judgeTensors } from '../../judge-tensors.ts';
import { worstOf } from '../../judge-values.ts';
import type { KindRunner } from '../kind.ts';

/**
 * Each expected tensor is judged by its own tolerance where the pack gives one: optax's float32 run has an error of its own in rho, which
 * this project does not share.
 */
export const run: KindRunner = (reference) => {
  const produced = new Map<string, Float64Array | Float32Array>();
  for (const variant of ['torch', 'optax'] as const) {
    produced.set(`${variant}/f64`, inFloat64(reference, variant));
    produced.set(`${variant}/f32`, onEngine(reference, variant));
  }
  const expected = Array.isArray(reference.json.expected) ? reference.json.expected.map(String) : [];
  return worstOf(expected.map((name) => judgeTensors(only(reference, name), produced)));
};

function optimizerOf(reference: ConformanceCase, variant: Optimizer['variant']): Optimizer {
  const [beta1, beta2, epsilon] = ['beta1', 'beta2', 'eps'].map((name) => configNumber(reference, name)) as [
    number,
    number,
    number,
  ];
  return { kind: 'radam', variant, beta1, beta2, epsilon };
}

function inFloat64(reference: ConformanceCase, variant: Optimizer['variant']): Float64Array {
  const optimizer = optimizerOf(reference, variant);
  const start = toFloat64(tensorOf(reference, 'parameters'));
  let state: RadamState = {
    parameters: start,
    first: new Float64Array(start.length),
    second: new Float64Array(start.length),
  };
  return rows(reference, (gradient, t) => {
    state = radamUpdate(optimizer, configNumber(reference, 'lr'), t, state, gradient);
    return state.parameters;
  });
}

function onEngine(reference: ConformanceCase, variant: Optimizer['variant']): Float64Array {
  const optimizer = optimizerOf(reference, variant);
  const start = Float32Array.from(toFloat64(tensorOf(reference, 'parameters')));
  let parameters: tf.Tensor = tf.tensor1d(start);
  let moments: Moments = { first: tf.zerosLike(parameters), second: tf.zerosLike(parameters) };
  return rows(reference, (gradient, t) => {
    const scalars = tf.tensor1d(radamScalars(optimizer, configNumber(reference, 'lr'), t));
    const updated = radam(optimizer, parameters, tf.tensor1d(Float32Array.from(gradient)), moments, scalars);
    ({ parameters, moments } = updated);
    return parameters.dataSync();
  });
}

/** The parameters after each step, one row per step. */
function rows(
  reference: ConformanceCase,
  step: (gradient: Float64Array, t: number) => ArrayLike<number>,
): Float64Array {
  const gradients = toFloat64(tensorOf(reference, 'gradients'));
  const width = toFloat64(tensorOf(reference, 'parameters')).length;
  const out = new Float64Array(gradients.length);
  for (let at = 0; at < out.length; at += width) out.set(step(gradients.subarray(at, at + width), at / width + 1), at);
  return out;
}

/** The case as if it expected one tensor, with the tolerance that `config.tolerances` has for it. */
function only(reference: ConformanceCase, name: string): ConformanceCase {
  const { tolerances } = reference.config;
  const own = isRecord(tolerances)
    ? Object.entries(tolerances).find(([pattern]) => pattern === name || pattern === `*/${name.split('/').at(-1)!}`)
    : undefined;
  return { ...reference, json: { ...reference.json, expected: [name], ...(own ? { tolerance: own[1] } : {}) } };
}
