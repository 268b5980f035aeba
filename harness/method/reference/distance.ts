/** @file Float64 reference of the metrics d between two images, for checking the device's form. */

/**
 * Pseudo-Huber of one image: `d(x, y) = sqrt(||x - y||^2 + c^2) - c`, one norm over all pixels and channels, never per pixel.
 *
 * Evaluated as `||x - y||^2 / (sqrt(||x - y||^2 + c^2) + c)`: the same number without the cancellation near zero,
 * where the many-level end of the curriculum lives.
 * Source: Song & Dhariwal 2023 (iCT), table 1.
 * @param difference x - y of one image, [d]
 * @param c as by `pseudoHuberConstant`, at least 0; both zero gives 0
 */
export function pseudoHuber(difference: ArrayLike<number>, c: number): number {
  const squared = squaredNorm(difference);
  return squared === 0 ? 0 : squared / (Math.sqrt(squared + c * c) + c);
}

/**
 * Mean squared difference over pixels and channels of one image.
 * Source: Song et al. 2023 (CT), section 4 (squared l2); the mean in place of the sum as in openai/consistency_models `mean_flat`.
 * @param difference x - y of one image, [d]
 */
export function squaredL2(difference: ArrayLike<number>): number {
  return squaredNorm(difference) / difference.length;
}

/**
 * Mean absolute difference over pixels and channels of one image.
 * Source: Song et al. 2023 (CT), section 4 (l1); the mean in place of the sum as in openai/consistency_models `mean_flat`.
 * @param difference x - y of one image, [d]
 */
export function l1(difference: ArrayLike<number>): number {
  let total = 0;
  for (let j = 0; j < difference.length; j++) total += Math.abs(difference[j]!);
  return total / difference.length;
}

function squaredNorm(difference: ArrayLike<number>): number {
  let total = 0;
  for (let j = 0; j < difference.length; j++) total += difference[j]! ** 2;
  return total;
}
