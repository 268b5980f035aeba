/**
 * @file Finds the first non-finite value of an array.
 *
 * The loop is plain, since these arrays have millions of entries.
 */

/** Index of the first NaN or infinity; -1 where there is none. */
export function firstNotFinite(values: Float32Array | Float64Array): number {
  for (let i = 0; i < values.length; i++) {
    // NaN and the infinities, and nothing else, differ from zero after x - x.
    if (values[i]! - values[i]! !== 0) return i;
  }
  return -1;
}
