/**
 * @file Distribution p(i) of noise intervals: uniform for CT, discretised lognormal for iCT.
 *
 * It decides which interval [sigma_i, sigma_i+1] a training image gets.
 */
import { RecipeError, described } from '../core/errors.ts';
import type { Noise } from '../recipe/types.ts';
import { erf, erfc } from './error-function.ts';

/**
 * p(i) of the N - 1 intervals: p(i) at index i - 1, adding up to one.
 *
 * - `uniform`: `p(i) = 1 / (N - 1)`. Source: Song et al. 2023 (CT), algorithm 3: n drawn uniformly from 1 ... N - 1.
 * - `lognormal`: `p(i) ~ erf((ln sigma_i+1 - pMean) / (sqrt(2) pStd)) - erf((ln sigma_i - pMean) / (sqrt(2) pStd))`.
 *   Source: Song & Dhariwal 2023 (iCT), table 1.
 * @param sigma float64[N], ascending, positive
 * @returns float64[N - 1]
 * @throws RecipeError when the lognormal leaves no mass on the grid
 */
export function intervalProbabilities(noise: Noise, sigma: Float64Array): Float64Array {
  if (noise.kind === 'uniform') return new Float64Array(sigma.length - 1).fill(1 / (sigma.length - 1));
  const masses = lognormalMasses(noise.pMean, noise.pStd, sigma);
  const total = sum(masses);
  if (!(total > 0)) {
    throw new RecipeError({
      where: 'lognormal noise',
      got: described(`no mass between sigma ${sigma[0]!} and ${sigma[sigma.length - 1]!}`),
      expected: 'a distribution that overlaps the grid',
      remedy: 'Change pMean or pStd',
    });
  }
  return masses.map((mass) => mass / total);
}

/**
 * Mass of ln sigma ~ N(pMean, pStd^2) inside each interval, before normalisation:
 * `(erf(z_i+1) - erf(z_i)) / 2`, `z_i = (ln sigma_i - pMean) / (sqrt(2) pStd)`.
 *
 * In a tail the difference is taken between complements, which are small there, so that narrow intervals keep their digits.
 * Source: Song & Dhariwal 2023 (iCT), table 1.
 * @param sigma float64[N], ascending, positive
 * @returns float64[N - 1]
 */
export function lognormalMasses(pMean: number, pStd: number, sigma: Float64Array): Float64Array {
  const z = sigma.map((level) => (Math.log(level) - pMean) / (Math.SQRT2 * pStd));
  return Float64Array.from({ length: sigma.length - 1 }, (_, j) => halfErrorFunctionDifference(z[j]!, z[j + 1]!));
}

function halfErrorFunctionDifference(from: number, to: number): number {
  if (from >= 0) return (erfc(from) - erfc(to)) / 2;
  if (to <= 0) return (erfc(-to) - erfc(-from)) / 2;
  return (erf(to) - erf(from)) / 2;
}

/**
 * Cumulative distribution: `c_j = p_0 + ... + p_j`, with the last entry set to one so that every uniform number finds an interval.
 * Source: Devroye 1986, Non-Uniform Random Variate Generation, section III.2 (inversion of a discrete distribution).
 * @param probabilities float64[N - 1]
 * @returns float64[N - 1], non-decreasing
 */
export function cumulativeDistribution(probabilities: Float64Array): Float64Array {
  const cumulative = new Float64Array(probabilities.length);
  let reached = 0;
  for (let j = 0; j < probabilities.length; j++) {
    reached += probabilities[j]!;
    cumulative[j] = Math.min(reached, 1);
  }
  cumulative[probabilities.length - 1] = 1;
  return cumulative;
}

/**
 * The interval of a uniform number by the inverse of the distribution: the first index j with `u < c_j`, in log2(N) comparisons.
 * An interval of probability zero is never drawn.
 * Source: Devroye 1986, Non-Uniform Random Variate Generation, section III.2 (inversion by bisection).
 * @param u in [0, 1)
 * @returns j = i - 1, from 0 to N - 2
 */
export function drawInterval(cumulative: Float64Array, u: number): number {
  let low = 0;
  let high = cumulative.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (u < cumulative[middle]!) high = middle;
    else low = middle + 1;
  }
  return low;
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}
