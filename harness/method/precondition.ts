/** @file The scalars that turn a network F into a consistency function f with f(x, sigmaMin) = x. */
import type { Levels, Network } from '../recipe/types.ts';

/** The scalars of `f(x, sigma) = cSkip x + cOut F(cIn x, cNoise)`. */
export interface Scalings {
  readonly cSkip: number;
  readonly cOut: number;
  readonly cIn: number;
}

/**
 * Scalings of the consistency function:
 * `cSkip = sigmaData^2 / ((sigma - sigmaMin)^2 + sigmaData^2)`, `cOut = sigmaData (sigma - sigmaMin) / sqrt(sigma^2 + sigmaData^2)`,
 * `cIn = 1 / sqrt(sigma^2 + sigmaData^2)`; at sigmaMin they are exactly 1 and 0, so f(x, sigmaMin) = x.
 * Source: Song et al. 2023 (CT), section 3, eq. 5, and appendix C. The root of cOut holds sigma, not sigma - sigmaMin.
 * @param sigma noise level, from sigmaMin to sigmaMax
 */
export function consistencyScalings(
  sigma: number,
  { sigmaData, sigmaMin }: Pick<Levels, 'sigmaData' | 'sigmaMin'>,
): Scalings {
  const offset = sigma - sigmaMin;
  const root = Math.sqrt(sigma ** 2 + sigmaData ** 2);
  return {
    cSkip: sigmaData ** 2 / (offset ** 2 + sigmaData ** 2),
    cOut: (sigmaData * offset) / root,
    cIn: 1 / root,
  };
}

/**
 * cNoise, what the network's noise embedding is fed.
 *
 * - `ncsnpp`: `ln(sigma) / 4`. Source: Karras et al. 2022 (EDM), table 1; openai/consistency_models_cifar10 `get_distiller_fn`.
 * - `adm`: `1000 ln(sigma + 1e-44) / 4`, since its sinusoids expect steps of a thousand. Source: openai/consistency_models
 *   `KarrasDenoiser.denoise`.
 * Deviation: none known; the iCT paper does not say what it feeds, and every public reading keeps this.
 * @param sigma noise level, positive
 */
export function noiseConditioning(kind: Network['kind'], sigma: number): number {
  switch (kind) {
    case 'ncsnpp':
      return 0.25 * Math.log(sigma);
    case 'adm':
      return 1000 * 0.25 * Math.log(sigma + 1e-44);
  }
}
