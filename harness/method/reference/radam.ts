/** @file Float64 reference of one RAdam update, for checking the device's form. */
import type { Optimizer } from '../../recipe/types.ts';
import { radamFactors } from '../radam.ts';

/** Weights and moments of RAdam as plain numbers. */
export interface RadamState {
  readonly parameters: Float64Array;
  readonly first: Float64Array;
  readonly second: Float64Array;
}

/**
 * One update in float64:
 * `m <- beta1 m + (1 - beta1) g`, `v <- beta2 v + (1 - beta2) g^2`, then theta as `RadamFactors` says.
 * Source: Liu et al. 2020 (RAdam), algorithm 2.
 * @param t number of this update, from 1
 */
export function radamUpdate(
  optimizer: Pick<Optimizer, 'variant' | 'beta1' | 'beta2' | 'epsilon'>,
  learningRate: number,
  t: number,
  state: RadamState,
  gradient: ArrayLike<number>,
): RadamState {
  const { beta1, beta2, epsilon } = optimizer;
  const { rectified, momentFactor, varianceFactor } = radamFactors(optimizer, t);
  const first = state.first.map((m, j) => beta1 * m + (1 - beta1) * gradient[j]!);
  const second = state.second.map((v, j) => beta2 * v + (1 - beta2) * gradient[j]! ** 2);
  const parameters = state.parameters.map((theta, j) => {
    const divisor = rectified ? Math.sqrt(varianceFactor * second[j]!) + epsilon : 1;
    return theta - (learningRate * momentFactor * first[j]!) / divisor;
  });
  return { parameters, first, second };
}
