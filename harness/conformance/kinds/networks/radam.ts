/**
 * @file Kind `radam`: thirty steps of both variants of RAdam.
 *
 * They are taken by the optimizer that trains and by its float64 reference.
 */
import { isRecord } from '../../../core/record.ts';
import * as tf from '@tensorflow/tfjs-core';
import { toFloat64 } from '../../../formats/safetensors.ts';
import { radamUpdate, type RadamState } from '../../../method/reference/radam.ts';
import type { Optimizer } from '../../../recipe/types.ts';
import { radam, radamScalars, type OptimizerMoments } from '../../../train/update/optimizer.ts';
import { configNumber, malformedConfig, tensorOf, type ConformanceCase } from '../../case.ts';
import { expectedNames, type ProducedTensors } from '../../judge/judge-tensors.ts';
import type { NetworkKind, TensorPart } from '../kind.ts';

export const kind: NetworkKind = { needsEngine: true, partsOf };

const variants = ['torch', 'optax'] as const;

/**
 * What trains computes in float32. The pack compares it with its own float64 run (`tolerance`) and with its float32 run, whose tolerance may
 * be wider: optax's has an error of its own in rho, which this project does not share. The float64 form is held to the pack's last digits.
 */
function partsOf(reference: ConformanceCase): TensorPart[] {
  if ((reference.config.weightDecay ?? 0) !== 0) throw malformedConfig(reference, 'weightDecay', '0, as published');
  const isExact = (name: string): boolean => name.endsWith('/f64');
  const own = (name: string): unknown => ownTolerance(reference, name);
  return [
    {
      produce: () => trained(reference),
      toleranceOf: (name) => (isExact(name) ? reference.json.tolerance : own(name)),
    },
    { produce: () => exact(reference), toleranceOf: own, expected: expectedNames(reference).filter(isExact) },
  ];
}

function trained(reference: ConformanceCase): ProducedTensors {
  const rows = variants.flatMap((variant) => {
    const values = onEngine(reference, variant);
    return [`${variant}/f64`, `${variant}/f32`].map((name): [string, Float64Array] => [name, values]);
  });
  return new Map(rows);
}

function exact(reference: ConformanceCase): ProducedTensors {
  return new Map(variants.map((variant) => [`${variant}/f64`, inFloat64(reference, variant)]));
}

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
  let moments: OptimizerMoments = { first: tf.zerosLike(parameters), second: tf.zerosLike(parameters) };
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

/** The tolerance that `config.tolerances` has for a tensor, by its whole name or the last part of it; else that of the pack. */
function ownTolerance(reference: ConformanceCase, name: string): unknown {
  const { tolerances } = reference.config;
  const own = isRecord(tolerances)
    ? Object.entries(tolerances).find(([pattern]) => pattern === name || pattern === `*/${name.split('/').at(-1)!}`)
    : undefined;
  return own ? own[1] : reference.json.tolerance;
}
