/** @file Sampling by few steps: which noise levels are visited, how much noise is put back, and the grid they are chosen from. */
import { RecipeError } from '../core/errors.ts';
import type { Levels } from '../recipe/types.ts';
import { noiseLevels } from './levels.ts';

/**
 * The levels visited by multistep sampling: sigmaMax first, then tau_1 > tau_2 > ...; one step when none is given.
 * Source: Song et al. 2023 (CT), algorithm 1.
 * @param later the levels after the first, descending, inside (sigmaMin, sigmaMax)
 * @throws RecipeError when they are not descending or leave the range
 */
export function samplingLevels(levels: Levels, later: readonly number[] = []): Float64Array {
  const { sigmaMin, sigmaMax } = levels;
  const sigmas = Float64Array.of(sigmaMax, ...later);
  later.forEach((tau, n) => {
    if (tau < sigmas[n]! && tau > sigmaMin) return;
    throw new RecipeError({
      where: 'sampling levels',
      got: tau,
      expected: `a level between sigmaMin ${sigmaMin} and the level before it, ${sigmas[n]!}`,
      remedy: 'List the levels from high to low',
    });
  });
  return sigmas;
}

/**
 * The factor of the fresh noise before level tau: `x = xHat + sqrt(tau^2 - sigmaMin^2) z`.
 *
 * tau is first brought into [sigmaMin, sigmaMax], as the authors do, so that rounding below sigmaMin cannot make a root of a negative number.
 * Source: Song et al. 2023 (CT), algorithm 1; openai/consistency_models `stochastic_iterative_sampler`.
 * @param tau noise level
 */
export function renoiseFactor(tau: number, { sigmaMin, sigmaMax }: Levels): number {
  const level = Math.min(Math.max(tau, sigmaMin), sigmaMax);
  return Math.sqrt(level ** 2 - sigmaMin ** 2);
}

/**
 * The level of a descending index, as the authors write their samplers (`--ts 0,106,200 --steps 201`): 0 is sigmaMax, N - 1 is sigmaMin.
 * Source: openai/consistency_models `stochastic_iterative_sampler`.
 * @param index from 0 to N - 1
 * @param N levels of the grid
 * @throws RecipeError when the index is not on the grid
 */
export function levelOfDescendingIndex(index: number, N: number, levels: Levels): number {
  const sigma = noiseLevels(N, levels)[N - 1 - index];
  if (sigma !== undefined) return sigma;
  throw new RecipeError({
    where: 'sampling levels',
    got: index,
    expected: `an integer index from 0 to ${N - 1}`,
    remedy: 'Choose an index of the grid',
  });
}

/**
 * The grid point nearest to a level, by the distance of their logarithms.
 * Source: none; it places levels that were published as numbers (0.821, 1.526) on the grid of the last stage.
 * @param tau noise level, positive
 * @param sigma float64[N], ascending, positive
 * @returns index j = i - 1, from 0 to N - 1
 */
export function nearestLevelIndex(tau: number, sigma: Float64Array): number {
  let nearest = 0;
  for (let j = 1; j < sigma.length; j++) {
    if (Math.abs(Math.log(sigma[j]! / tau)) < Math.abs(Math.log(sigma[nearest]! / tau))) nearest = j;
  }
  return nearest;
}
