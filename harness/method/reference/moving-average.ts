/** @file Float64 reference of the moving average of weights, for checking the device's form. */

/**
 * `e <- decay e + (1 - decay) p`.
 * Source: Song et al. 2023 (CT), algorithm 3; openai/consistency_models `update_ema`.
 * @param average float64, one number per weight
 * @param decay mu(k) for the teacher, the sampling decay for the sampling average
 */
export function movingAverage(average: Float64Array, values: Float64Array, decay: number): Float64Array {
  return average.map((e, j) => decay * e + (1 - decay) * values[j]!);
}
