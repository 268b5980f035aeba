/** @file Parameters, multiply-adds and activations of a network, counted by walking its modules. */
import { ncsnppArchitecture, ncsnppParameters } from '../architecture/ncsnpp.ts';
import { countParameters } from '../architecture/parameter.ts';
import type { Network } from '../recipe/types.ts';
import { admParts } from './adm-parts.ts';
import { ncsnppParts } from './ncsnpp-parts.ts';
import type { Part } from './network-parts.ts';

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
  /**
   * Numbers per image in the outputs of all stages (normalisation, activation, convolution) and in all attention matrices; a backward
   * pass keeps a small multiple of them.
   */
  readonly stageOutputs: number;
}

/** The counts of a network, from its description alone. */
export function countNetwork(network: Network): NetworkCount {
  switch (network.kind) {
    case 'ncsnpp': {
      const architecture = ncsnppArchitecture(network);
      // The scale of the frozen frequencies alters their values, not their number.
      const parameters = ncsnppParameters(architecture, 1);
      return {
        ...workOf(ncsnppParts(architecture)),
        parameters: countParameters(parameters),
        trainable: countParameters(parameters.filter(({ trainable }) => trainable)),
        tensors: parameters.length,
      };
    }
    case 'adm': {
      const parts = admParts(network);
      const parameters = sum(parts, (part) => part.parameters);
      return { ...workOf(parts), parameters, trainable: parameters, tensors: sum(parts, (part) => part.tensors) };
    }
  }
}

function workOf(parts: readonly Part[]) {
  return {
    residualBlocks: parts.filter(({ kind }) => kind === 'residual').length,
    attentionBlocks: parts.filter(({ kind }) => kind === 'attention').length,
    macs: sum(parts, ({ macs }) => macs),
    stageOutputs: sum(parts, ({ outputs }) => outputs),
  };
}

function sum<P>(parts: readonly P[], amount: (part: P) => number): number {
  return parts.reduce((total, part) => total + amount(part), 0);
}
