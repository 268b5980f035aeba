/** @file The weight lambda(sigma_i) of an interval in the loss. */
import type { Weighting } from '../recipe/types.ts';

/**
 * lambda of every interval, lambda(sigma_i) at index i - 1.
 *
 * - `uniform`: `lambda = 1`. Source: Song et al. 2023 (CT), appendix C.
 * - `inverse-gap`: `lambda(sigma_i) = 1 / (sigma_i+1 - sigma_i)`. Source: Song & Dhariwal 2023 (iCT), table 1.
 * @param sigma float64[N], strictly ascending
 * @returns float64[N - 1], positive
 */
export function intervalWeights(weighting: Weighting, sigma: Float64Array): Float64Array {
  switch (weighting.kind) {
    case 'uniform':
      return new Float64Array(sigma.length - 1).fill(1);
    case 'inverse-gap':
      return Float64Array.from({ length: sigma.length - 1 }, (_, j) => 1 / (sigma[j + 1]! - sigma[j]!));
  }
}
