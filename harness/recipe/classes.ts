/** @file Number of classes that a network is told. */
import type { Network } from './types.ts';

/** Labels that a network knows; null for one that knows none, which any data set can train. */
export function classesOf(network: Network): number | null {
  switch (network.kind) {
    case 'ncsnpp':
      return null;
    case 'adm':
      return network.classes;
  }
}
