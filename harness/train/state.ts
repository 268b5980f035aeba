/** @file Training state on the host: initial values, and the named tensors of its checkpoints. */
import * as tf from '@tensorflow/tfjs-core';
import { sizeOf } from '../network/parameter.ts';
import { DataError, described } from '../core/errors.ts';
import { suggestion } from '../core/suggest.ts';
import { float32Tensor, toFloat32, type StoredTensor } from '../formats/safetensors.ts';
import { flatShape, flattenHost, initialValues, unflattenHost, type ParameterLayout } from '../network/flat.ts';
import type { Recipe } from '../recipe/types.ts';
import type { TrainState } from './step.ts';

/** The flat tensors of a state in the order in which they are stored. */
const parts = ['parameters', 'firstMoment', 'secondMoment', 'samplingEma', 'teacher'] as const;

/** The state before the first step, parameters from the seed. */
export function initialState(recipe: Pick<Recipe, 'method'>, layout: ParameterLayout, seed: number): TrainState {
  return startingState(recipe, layout, initialValues(layout, seed));
}

/**
 * The state before the first step: moments zero, both averages equal to the parameters.
 * Source: openai/consistency_models_cifar10 `jcm/losses.py` (averages begin at the initial weights, without bias correction).
 * @param values the flat parameters
 */
export function startingState(
  recipe: Pick<Recipe, 'method'>,
  layout: ParameterLayout,
  values: Float32Array,
): TrainState {
  const weights = () => tf.tensor2d(values, flatShape(layout));
  const zeros = () => tf.tensor2d(new Float32Array(values.length), flatShape(layout));
  return {
    parameters: weights(),
    firstMoment: zeros(),
    secondMoment: zeros(),
    samplingEma: weights(),
    teacher: recipe.method.teacher.kind === 'ema' ? weights() : null,
  };
}

/** Every parameter of every part as `<part>/<parameter>`. */
export function storedState(layout: ParameterLayout, state: TrainState): [string, StoredTensor][] {
  return parts.flatMap((part) => {
    const tensor = state[part];
    return tensor ? storedParameters(layout, tensor.dataSync() as Float32Array, `${part}/`) : [];
  });
}

/** The parameters of one flat array under their names. */
export function storedParameters(layout: ParameterLayout, flat: Float32Array, prefix = ''): [string, StoredTensor][] {
  const values = unflattenHost(layout, flat);
  return layout.parameters.map(({ name, shape }) => [`${prefix}${name}`, float32Tensor(values.get(name)!, shape)]);
}

/**
 * The state inside a checkpoint.
 * @throws DataError naming the first tensor that is missing, extra or of another shape
 */
export function restoredState(
  recipe: Pick<Recipe, 'method'>,
  layout: ParameterLayout,
  path: string,
  tensors: ReadonlyMap<string, StoredTensor>,
): TrainState {
  const wanted = parts.filter((part) => part !== 'teacher' || recipe.method.teacher.kind === 'ema');
  const names = new Set(wanted.flatMap((part) => layout.parameters.map(({ name }) => `${part}/${name}`)));
  for (const name of tensors.keys()) {
    if (!names.has(name)) {
      throw new DataError({
        where: path,
        got: described(`a tensor "${name}"`),
        expected: 'only tensors of this network',
        remedy: suggestion(name, [...names]),
      });
    }
  }
  const flat = (part: string) => tf.tensor2d(flatParameters(layout, path, tensors, `${part}/`), flatShape(layout));
  return {
    parameters: flat('parameters'),
    firstMoment: flat('firstMoment'),
    secondMoment: flat('secondMoment'),
    samplingEma: flat('samplingEma'),
    teacher: wanted.includes('teacher') ? flat('teacher') : null,
  };
}

/**
 * A flat array from named tensors.
 * @throws DataError naming the first tensor that is missing or of another shape
 */
function flatParameters(
  layout: ParameterLayout,
  path: string,
  tensors: ReadonlyMap<string, StoredTensor>,
  prefix = '',
): Float32Array {
  return flattenHost(layout, ({ name, shape }) => {
    const tensor = tensors.get(`${prefix}${name}`);
    if (!tensor) {
      throw new DataError({
        where: path,
        got: described(`no tensor "${prefix}${name}"`),
        expected: `its ${sizeOf(shape)} values`,
        remedy: suggestion(`${prefix}${name}`, [...tensors.keys()]),
      });
    }
    if (tensor.shape.join() !== shape.join()) {
      throw new DataError({
        where: `${path}, tensor "${prefix}${name}"`,
        got: tensor.shape,
        expected: `shape [${shape.join(', ')}]`,
        remedy: "Use the weights of this recipe's network",
      });
    }
    return toFloat32(tensor);
  });
}
