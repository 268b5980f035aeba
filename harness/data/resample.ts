/**
 * @file Resizes images bit for bit as Pillow: 8-bit convolution, fixed-point coefficients.
 *
 * There is one pass per direction. Source: Pillow `src/libImaging/Resample.c` (the algorithm; the preprocessing of the published data sets
 * runs on it).
 */
import type { RgbImage } from '../formats/image.ts';

export type Filter = 'box' | 'bicubic' | 'lanczos';

/** Fractional bits of a coefficient: 32, less 8 of the pixel and 2 of head room for negative lobes. */
const fractionBits = 32 - 8 - 2;

/** Half width of each kernel, in source pixels when enlarging, and its value at distance x. */
const kernels: Readonly<Record<Filter, { readonly support: number; readonly at: (x: number) => number }>> = {
  box: { support: 0.5, at: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bicubic: { support: 2, at: cubic },
  lanczos: { support: 3, at: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

/**
 * Which direction comes first; each pass rounds to bytes, so that the order shows in single levels.
 *
 * `horizontal-first`: Pillow up to 12, with which the published data sets were made. `by-shrinkage`: Pillow 13.0.0, which begins with
 * the vertical pass when the image gets lower, and by more than twice as many rows as it loses columns (found by measurement).
 */
export type PassOrder = 'horizontal-first' | 'by-shrinkage';

/**
 * Resizes an image; the filter is widened by the scale when shrinking.
 * Deviation: the sines of `lanczos` are those of this JavaScript engine, which may differ from the C library's in the last bit of
 * float64; a coefficient of 22 bits differs only where that bit decides its rounding.
 */
export function resize(
  image: RgbImage,
  width: number,
  height: number,
  filter: Filter,
  order: PassOrder = 'horizontal-first',
): RgbImage {
  const across = (from: RgbImage): RgbImage =>
    width === from.width ? from : horizontally(from, coefficientsOf(from.width, width, filter));
  const down = (from: RgbImage): RgbImage =>
    height === from.height ? from : vertically(from, coefficientsOf(from.height, height, filter));
  const rowsLost = image.height - height;
  const downFirst = order === 'by-shrinkage' && rowsLost > 0 && rowsLost > 2 * (image.width - width);
  return downFirst ? across(down(image)) : down(across(image));
}

/** For each output position the first source position and the fixed-point weights from there on. */
interface Coefficients {
  readonly first: Int32Array;
  readonly weights: readonly Int32Array[];
}

function coefficientsOf(source: number, target: number, filter: Filter): Coefficients {
  const { support, at } = kernels[filter];
  const scale = source / target;
  const widening = Math.max(scale, 1);
  const reach = support * widening;
  const first = new Int32Array(target);
  const weights = Array.from({ length: target }, (_, i) => {
    const centre = (i + 0.5) * scale;
    const begin = Math.max(0, Math.trunc(centre - reach + 0.5));
    const end = Math.min(source, Math.trunc(centre + reach + 0.5));
    first[i] = begin;
    // Multiplied by the reciprocal, not divided, as the original: the two can differ in the last bit.
    const values = Array.from({ length: end - begin }, (_, k) => at((k + begin - centre + 0.5) * (1 / widening)));
    const sum = values.reduce((total, value) => total + value, 0);
    return Int32Array.from(values, (value) => fixed(sum === 0 ? value : value / sum));
  });
  return { first, weights };
}

/** Rounded half away from zero. */
function fixed(value: number): number {
  return Math.trunc(value * 2 ** fractionBits + (value < 0 ? -0.5 : 0.5));
}

function horizontally(image: RgbImage, { first, weights }: Coefficients): RgbImage {
  const width = first.length;
  const data = new Uint8Array(width * image.height * 3);
  const source = image.data;
  for (let y = 0, to = 0; y < image.height; y++) {
    const line = y * image.width * 3;
    for (let x = 0; x < width; x++, to += 3) {
      const row = weights[x]!;
      let from = line + first[x]! * 3;
      let red = 1 << (fractionBits - 1);
      let green = red;
      let blue = red;
      for (let k = 0; k < row.length; k++, from += 3) {
        const weight = row[k]!;
        red += source[from]! * weight;
        green += source[from + 1]! * weight;
        blue += source[from + 2]! * weight;
      }
      data[to] = clipped(red);
      data[to + 1] = clipped(green);
      data[to + 2] = clipped(blue);
    }
  }
  return { width, height: image.height, data };
}

function vertically(image: RgbImage, { first, weights }: Coefficients): RgbImage {
  const height = first.length;
  const stride = image.width * 3;
  const data = new Uint8Array(stride * height);
  const sums = new Int32Array(stride);
  for (let y = 0; y < height; y++) {
    const column = weights[y]!;
    sums.fill(1 << (fractionBits - 1));
    for (let k = 0; k < column.length; k++) {
      const weight = column[k]!;
      const from = (first[y]! + k) * stride;
      for (let i = 0; i < stride; i++) sums[i]! += image.data[from + i]! * weight;
    }
    for (let i = 0; i < stride; i++) data[y * stride + i] = clipped(sums[i]!);
  }
  return { width: image.width, height, data };
}

function clipped(sum: number): number {
  const value = sum >> fractionBits;
  return value < 0 ? 0 : value > 255 ? 255 : value;
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
