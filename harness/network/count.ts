/** @file Counts parameters, multiply-adds and activations of a network by walking its modules. */
import { admArchitecture } from './adm/modules.ts';
import { admParameters } from './adm/parameters.ts';
import { ncsnppArchitecture } from './ncsnpp/modules.ts';
import { ncsnppParameters } from './ncsnpp/parameters.ts';
import { countParameters, type Parameter } from './parameter.ts';
import type { Distance, Network } from '../recipe/types.ts';
import { admParts } from './adm/work.ts';
import { ncsnppParts } from './ncsnpp/work.ts';
import type { Part } from './parts.ts';
import { encoderWork } from './features/shapes-encoder/work.ts';
import { lpipsWork } from './features/vgg16/work.ts';

export interface NetworkCount {
  /** Numbers in all parameter tensors, frozen ones included. */
  readonly parameters: number;
  /** Numbers that the optimizer moves. */
  readonly trainable: number;
  /** Parameter tensors. */
  readonly tensors: number;
  readonly residualBlocks: number;
  readonly attentionBlocks: number;
  /** Multiply-adds of one forward pass of one image: convolutions, matrix products and FIR filters, nothing else. */
  readonly macs: number;
  /** Numbers per image in the outputs of all stages (normalisation, activation, convolution): a backward pass keeps a small multiple. */
  readonly stageOutputs: number;
  /** Numbers per image in all attention matrices. */
  readonly attentionMatrices: number;
}

/** The counts of a network, from its description alone. */
export function countNetwork(network: Network): NetworkCount {
  switch (network.kind) {
    case 'ncsnpp': {
      const architecture = ncsnppArchitecture(network);
      // The scale of the frozen frequencies alters their values, not their number.
      return tally(ncsnppParameters(architecture, 1), ncsnppParts(architecture));
    }
    case 'adm': {
      const architecture = admArchitecture(network);
      return tally(admParameters(architecture), admParts(architecture));
    }
  }
}

/** One pass of one image through the network of a distance: multiply-adds, and numbers in the outputs of its convolutions; pixels cost nothing. */
export const distanceWork: Readonly<Record<Distance['kind'], { readonly macs: number; readonly outputs: number }>> = {
  lpips: lpipsWork,
  perceptual: encoderWork,
  'squared-l2': { macs: 0, outputs: 0 },
  l1: { macs: 0, outputs: 0 },
  'pseudo-huber': { macs: 0, outputs: 0 },
};

function tally(parameters: readonly Parameter[], parts: readonly Part[]): NetworkCount {
  return {
    parameters: countParameters(parameters),
    trainable: countParameters(parameters.filter(({ trainable }) => trainable)),
    tensors: parameters.length,
    residualBlocks: parts.filter(({ kind }) => kind === 'residual').length,
    attentionBlocks: parts.filter(({ kind }) => kind === 'attention').length,
    macs: parts.reduce((total, { macs }) => total + macs, 0),
    stageOutputs: parts.reduce((total, { outputs }) => total + outputs, 0),
    attentionMatrices: parts.reduce((total, { matrices }) => total + matrices, 0),
  };
}
