/**
 * @file Scalars of the plain EDM denoiser, for reference cases.
 *
 * Those compare them with the consistency function's.
 */
import type { Levels } from '../../recipe/types.ts';
import { consistencyScalings, type Scalings } from '../precondition.ts';

/**
 * Scalings of the plain EDM denoiser, without the offset by sigmaMin; no part of CT or iCT.
 * `cSkip = sigmaData^2 / (sigma^2 + sigmaData^2)`, `cOut = sigma sigmaData / sqrt(sigma^2 + sigmaData^2)`, `cIn = 1 / sqrt(sigma^2 + sigmaData^2)`.
 * Source: Karras et al. 2022 (EDM), table 1.
 * @param sigma noise level, positive
 */
export function edmScalings(sigma: number, { sigmaData }: Pick<Levels, 'sigmaData'>): Scalings {
  return consistencyScalings(sigma, { sigmaData, sigmaMin: 0 });
}
