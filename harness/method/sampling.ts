/** @file Few-step sampling: levels visited, noise added before each, choice of levels from the grid. */
import { described, RecipeError } from '../core/errors.ts';
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

/** A level of a grid of N levels. */
export interface GridLevel {
  readonly sigma: number;
  /** j = i - 1, from 0 (sigmaMin) to N - 1 (sigmaMax). */
  readonly index: number;
  readonly N: number;
}

/**
 * The level between the ends of the training grid that is nearest to a published one: the second level of two-step sampling.
 *
 * The network was trained on the levels of its grid alone, and where its embedding of the noise varies fast (Fourier scale 16) it knows
 * nothing between them. On the grid of the published length the rounding of a published number is undone: 0.821 is 0.8208668, index 492
 * of 1281.
 * Source: Song et al. 2023 (CT), appendix C, searches the indices of the training grid; iCT's 0.821 and 1.526 are points of its last one.
 * @param tau noise level, positive
 * @param N levels of the last training grid
 * @throws RecipeError when the grid has no level between its ends
 */
export function projectedLevel(tau: number, N: number, levels: Levels): GridLevel {
  if (N < 3) {
    throw new RecipeError({
      where: 'second sampling level',
      got: described(`a grid of ${N} levels`),
      expected: 'at least 3, so that one lies between its ends',
      remedy: 'Raise s1 of the curriculum',
    });
  }
  const sigma = noiseLevels(N, levels);
  const index = 1 + nearestLevelIndex(tau, sigma.subarray(1, N - 1));
  return { sigma: sigma[index]!, index, N };
}

/**
 * The grid point nearest to a level, by the distance of their logarithms: the network is told ln sigma.
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
