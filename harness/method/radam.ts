/**
 * @file Scalars of one RAdam step in float64: rectification and bias corrections.
 *
 * The two papers used two variants.
 */
import { RecipeError } from '../core/errors.ts';
import type { Optimizer } from '../recipe/types.ts';

/**
 * What step t needs beside the moments m and v. With `rectified`:
 * `theta <- theta - learningRate momentFactor m / (sqrt(varianceFactor v) + epsilon)`,
 * otherwise `theta <- theta - learningRate momentFactor m`.
 */
export interface RadamFactors {
  /** rho_t, the length of the approximated moving average. */
  readonly rho: number;
  readonly rectified: boolean;
  readonly momentFactor: number;
  readonly varianceFactor: number;
}

/**
 * The factors of step t; both variants in one form.
 *
 * `rho_inf = 2/(1 - beta2) - 1`, `rho_t = rho_inf - 2 t beta2^t / (1 - beta2^t)`,
 * `r_t = sqrt((rho_t - 4)(rho_t - 2) rho_inf / ((rho_inf - 4)(rho_inf - 2) rho_t))`.
 *
 * - `optax` (CIFAR-10): rectified from rho_t >= 5; `r_t mHat / (sqrt(v / (1 - beta2^t)) + epsilon)`.
 *   Source: google-deepmind/optax `scale_by_radam`. Deviation: optax evaluates rho_t in float32 and gets an r_6 that is 1.2 % too small.
 * - `torch` (ImageNet 64x64): rectified from rho_t > 5; `r_t mHat sqrt(1 - beta2^t) / (sqrt(v) + epsilon)`: epsilon is added
 *   before the bias correction. Source: pytorch `torch.optim.RAdam`.
 *
 * With beta2 = 0.999 the first five steps are not rectified: they follow the bare momentum `mHat = m / (1 - beta1^t)`.
 * Source: Liu et al. 2020 (RAdam), algorithm 2.
 * @param t number of this step, from 1
 * @throws RecipeError when t is no integer from 1
 */
export function radamFactors(optimizer: Pick<Optimizer, 'variant' | 'beta1' | 'beta2'>, t: number): RadamFactors {
  if (!Number.isSafeInteger(t) || t < 1) {
    throw new RecipeError({
      where: 'RAdam',
      got: t,
      expected: 'an integer step from 1',
      remedy: 'Count the first update as step 1',
    });
  }
  const { variant, beta1, beta2 } = optimizer;
  const biasCorrection1 = oneMinusPower(beta1, t);
  const biasCorrection2 = oneMinusPower(beta2, t);
  const rhoInfinity = 2 / (1 - beta2) - 1;
  const rho = rhoInfinity - (2 * t * (1 - biasCorrection2)) / biasCorrection2;
  const rectified = variant === 'optax' ? rho >= 5 : rho > 5;
  if (!rectified) return { rho, rectified, momentFactor: 1 / biasCorrection1, varianceFactor: 1 };
  const r = rectification(rho, rhoInfinity);
  switch (variant) {
    case 'optax':
      return { rho, rectified, momentFactor: r / biasCorrection1, varianceFactor: 1 / biasCorrection2 };
    case 'torch':
      return { rho, rectified, momentFactor: (r * Math.sqrt(biasCorrection2)) / biasCorrection1, varianceFactor: 1 };
  }
}

/**
 * r_t, by which the adaptive step is shortened while its variance is not yet known.
 * Source: Liu et al. 2020 (RAdam), algorithm 2.
 */
export function rectification(rho: number, rhoInfinity: number): number {
  return Math.sqrt(((rho - 4) * (rho - 2) * rhoInfinity) / ((rhoInfinity - 4) * (rhoInfinity - 2) * rho));
}

/** `1 - beta^t` without the cancellation that a power near one brings. */
function oneMinusPower(beta: number, t: number): number {
  return -Math.expm1(t * Math.log(beta));
}
