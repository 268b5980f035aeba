/** @file The grid of noise levels sigma_1 < ... < sigma_N on which both methods are trained. */
import { RecipeError } from '../core/errors.ts';
import type { Levels } from '../recipe/types.ts';

/**
 * The Karras grid of N noise levels, ascending: sigma_i at index i - 1.
 *
 * `sigma_i = (sigmaMin^(1/rho) + (i - 1)/(N - 1) (sigmaMax^(1/rho) - sigmaMin^(1/rho)))^rho`, i = 1 ... N.
 * Source: Karras et al. 2022 (EDM), eq. 5; Song et al. 2023 (CT), appendix C; iCT keeps it.
 *
 * The two ends are set, not computed, so that the boundary condition f(x, sigmaMin) = x holds to the last bit.
 * @param N number of levels, an integer from 2
 * @returns float64[N]
 * @throws RecipeError when N is no integer from 2
 */
export function noiseLevels(N: number, levels: Levels): Float64Array {
  if (!Number.isSafeInteger(N) || N < 2) {
    throw new RecipeError({
      where: 'noise levels',
      got: N,
      expected: 'an integer number of levels from 2',
      remedy: 'Raise s0 or s1 of the curriculum',
    });
  }
  const { sigmaMin, sigmaMax, rho } = levels;
  const low = sigmaMin ** (1 / rho);
  const high = sigmaMax ** (1 / rho);
  const sigma = Float64Array.from({ length: N }, (_, j) => (low + (j / (N - 1)) * (high - low)) ** rho);
  sigma[0] = sigmaMin;
  sigma[N - 1] = sigmaMax;
  return sigma;
}
