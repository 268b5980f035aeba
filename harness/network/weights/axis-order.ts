/**
 * @file Reorders the axes of a host array.
 *
 * Checkpoints and this project lay out kernels differently.
 */

/**
 * The values of an array with its axes in another order: axis a of the result is axis `axes[a]` of the input.
 * @param values row-major, of shape `shape`
 */
export function reorderAxes(values: Float32Array, shape: readonly number[], axes: readonly number[]): Float32Array {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
  const sizes = axes.map((axis) => shape[axis]!);
  const steps = axes.map((axis) => strides[axis]!);
  const last = sizes.length - 1;
  const [inner, step] = [sizes[last] ?? 1, steps[last] ?? 0];
  const out = new Float32Array(values.length);
  const index = new Int32Array(sizes.length);
  let from = 0;
  for (let at = 0; at < out.length; at += inner) {
    for (let i = 0; i < inner; i++) out[at + i] = values[from + i * step]!;
    for (let axis = last - 1; axis >= 0; axis--) {
      from += steps[axis]!;
      if (++index[axis]! < sizes[axis]!) break;
      from -= sizes[axis]! * steps[axis]!;
      index[axis] = 0;
    }
  }
  return out;
}
