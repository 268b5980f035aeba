/**
 * @file Weights of a resizing in fixed point, bit for bit those of Pillow.
 *
 * Source: Pillow `src/libImaging/Resample.c` (`precompute_coeffs`, `normalize_coeffs_8bpc`).
 * Deviation: the sines of `lanczos` are those of this JavaScript engine, which may differ from the C library's in the last bit of
 * float64; a coefficient of 22 bits differs only where that bit decides its rounding.
 */

export type Filter = 'box' | 'bicubic' | 'lanczos';

/** Fractional bits of a coefficient: 32, less 8 of the pixel and 2 of head room for negative lobes. */
export const fractionBits = 32 - 8 - 2;
/** One half as a coefficient, and what is added to round. */
export const half = 1 << (fractionBits - 1);

/** Half width of each kernel, in source pixels when enlarging, and its value at distance x. */
const kernels: Readonly<Record<Filter, { readonly support: number; readonly at: (x: number) => number }>> = {
  box: { support: 0.5, at: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bicubic: { support: 2, at: cubic },
  lanczos: { support: 3, at: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

/** For each output position the first source position and the fixed-point weights from there on, all in one array. */
export interface Coefficients {
  readonly first: Int32Array;
  /** Position i has the weights from `begin[i]` to before `begin[i + 1]`. */
  readonly begin: Int32Array;
  readonly weights: Int32Array;
}

/** Columns or rows from `from` to before `to`. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** What output positions are computed from; itself where nothing is. */
export function sourceRange(coefficients: Coefficients | null, { from, to }: Range): Range {
  if (coefficients === null) return { from, to };
  const { first, begin } = coefficients;
  // Neither end of the sources ever goes back from one position to the next.
  return { from: first[from]!, to: first[to - 1]! + begin[to]! - begin[to - 1]! };
}

/** By sizes and filter: photographs have few sizes, and the sines of one take as long as a pass. */
const kept = new Map<string, Coefficients>();
const mostKept = 256;

export function coefficientsOf(source: number, target: number, filter: Filter): Coefficients {
  const key = `${source} ${target} ${filter}`;
  const known = kept.get(key);
  if (known) return known;
  if (kept.size === mostKept) kept.clear();
  const made = computeCoefficients(source, target, filter);
  kept.set(key, made);
  return made;
}

/** Positions that are the mean of two sources, in runs whose sources follow each other, and the others one by one. */
export function pairsAndOthers(
  { first, begin, weights }: Coefficients,
  { from, to }: Range,
): Record<'pairs' | 'others', Range[]> {
  const pairs: Range[] = [];
  const others: Range[] = [];
  for (let i = from; i < to; i++) {
    const at = begin[i]!;
    const last = pairs.at(-1);
    if (begin[i + 1] !== at + 2 || weights[at] !== half || weights[at + 1] !== half)
      others.push({ from: i, to: i + 1 });
    else if (last?.to === i && first[i] === first[i - 1]! + 2) pairs[pairs.length - 1] = { from: last.from, to: i + 1 };
    else pairs.push({ from: i, to: i + 1 });
  }
  return { pairs, others };
}

function computeCoefficients(source: number, target: number, filter: Filter): Coefficients {
  const { support, at } = kernels[filter];
  const scale = source / target;
  const widening = Math.max(scale, 1);
  const reach = support * widening;
  const first = new Int32Array(target);
  const begin = new Int32Array(target + 1);
  const weights: number[] = [];
  for (let i = 0; i < target; i++) {
    const centre = (i + 0.5) * scale;
    const from = Math.max(0, Math.trunc(centre - reach + 0.5));
    const to = Math.min(source, Math.trunc(centre + reach + 0.5));
    first[i] = from;
    // Multiplied by the reciprocal, not divided, as the original: the two can differ in the last bit.
    const values = Array.from({ length: to - from }, (_, k) => at((k + from - centre + 0.5) * (1 / widening)));
    const sum = values.reduce((total, value) => total + value, 0);
    for (const value of values) weights.push(fixed(sum === 0 ? value : value / sum));
    begin[i + 1] = weights.length;
  }
  return { first, begin, weights: Int32Array.from(weights) };
}

/** Rounded half away from zero. */
function fixed(value: number): number {
  return Math.trunc(value * 2 ** fractionBits + (value < 0 ? -0.5 : 0.5));
}

/** Keys' cubic convolution with a = -1/2. */
function cubic(x: number): number {
  const a = -0.5;
  const d = Math.abs(x);
  if (d < 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  if (d < 2) return (((d - 5) * d + 8) * d - 4) * a;
  return 0;
}

function sinc(x: number): number {
  if (x === 0) return 1;
  const angle = x * Math.PI;
  return Math.sin(angle) / angle;
}
