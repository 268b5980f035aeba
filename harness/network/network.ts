/** @file Builds the parameters and the forward pass of a recipe's network. */
import type * as tf from '@tensorflow/tfjs-core';
import { admArchitecture } from './adm/modules.ts';
import { admParameters } from './adm/parameters.ts';
import { ncsnppArchitecture } from './ncsnpp/modules.ts';
import { ncsnppParameters } from './ncsnpp/parameters.ts';
import type { Parameter } from './parameter.ts';
import { RecipeError } from '../core/errors.ts';
import type { Recipe } from '../recipe/types.ts';
import { adm } from './adm/forward.ts';
import type { NoiseNetwork } from './consistency.ts';
import type { Dropout } from './dropout.ts';
import { ncsnpp } from './ncsnpp/forward.ts';
import type { Parameters } from './flat.ts';
import type { PassOptions } from './pass.ts';

export interface BuiltNetwork {
  readonly parameters: readonly Parameter[];
  /** F with these parameters; labels int32[B] where the network takes them. */
  readonly network: (parameters: Parameters, dropout: Dropout, labels: tf.Tensor | null) => NoiseNetwork;
}

/**
 * @param recompute whether each block's activations are computed again in the backward pass
 * @param groupNorm `native`: by this project's operation, which only CPUs have; absent: by TensorFlow's
 * @throws RecipeError when the recipe lacks a number its network needs
 */
export function buildNetwork(
  recipe: Pick<Recipe, 'id' | 'network' | 'tuning'>,
  { recompute = false, groupNorm }: Pick<PassOptions, 'recompute' | 'groupNorm'> = {},
): BuiltNetwork {
  const { network } = recipe;
  const how = { recompute, ...(groupNorm && { groupNorm }) };
  switch (network.kind) {
    case 'ncsnpp': {
      const architecture = ncsnppArchitecture(network);
      return {
        parameters: ncsnppParameters(architecture, fourierScaleOf(recipe)),
        network: (parameters, dropout) => (x, noise) => ncsnpp(architecture, { parameters, dropout, ...how }, x, noise),
      };
    }
    case 'adm': {
      const architecture = admArchitecture(network);
      return {
        parameters: admParameters(architecture),
        network: (parameters, dropout, labels) => (x, noise) =>
          adm(architecture, { parameters, dropout, ...how }, x, noise, labels),
      };
    }
  }
}

function fourierScaleOf({ id, tuning }: Pick<Recipe, 'id' | 'tuning'>): number {
  if (tuning.fourierScale !== null) return tuning.fourierScale;
  throw new RecipeError({
    where: `recipe ${id}, tuning.fourierScale`,
    got: null,
    expected: 'a number: NCSN++ embeds noise by Fourier features',
    remedy: 'Set it to 16 (CT) or 0.02 (iCT)',
  });
}
