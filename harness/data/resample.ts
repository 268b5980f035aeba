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
/** One half as a coefficient, and what is added to round. */
const half = 1 << (fractionBits - 1);

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

/** @param version of Pillow, such as `11.3.0` */
export function passOrderOf(version: string): PassOrder {
  return Number.parseInt(version, 10) >= 13 ? 'by-shrinkage' : 'horizontal-first';
}

/** A size to bring an image to. */
export interface Resizing {
  readonly width: number;
  readonly height: number;
  readonly filter: Filter;
}

/** Columns or rows from `from` to before `to`. */
interface Range {
  readonly from: number;
  readonly to: number;
}

/** A rectangle of an image. */
export interface Window {
  readonly columns: Range;
  readonly rows: Range;
}

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
  const whole = { columns: { from: 0, to: width }, rows: { from: 0, to: height } };
  return resizeAndCut(image, [{ width, height, filter }], whole, order);
}

/**
 * Resizes an image to one size after the other and cuts a window out of the last.
 * The bytes are those of whole images; only what the window depends on is computed.
 */
export function resizeAndCut(
  image: RgbImage,
  resizings: readonly Resizing[],
  window: Window,
  order: PassOrder = 'horizontal-first',
): RgbImage {
  const steps = stepsOf(image, resizings);
  const windows = [window];
  for (const { across, down } of steps.toReversed()) {
    const { columns, rows } = windows[0]!;
    windows.unshift({ columns: sourceRange(across, columns), rows: sourceRange(down, rows) });
  }
  const whole = { columns: { from: 0, to: image.width }, rows: { from: 0, to: image.height } };
  let part: Part = { ...whole, data: image.data };
  for (const [i, { across, down, rowsLost, columnsLost, halves }] of steps.entries()) {
    const [source, target] = [windows[i]!, windows[i + 1]!];
    const downFirst = order === 'by-shrinkage' && rowsLost > 0 && rowsLost > 2 * columnsLost;
    if (across && down && halves && !downFirst) part = halved(part, across, down, target);
    else if (downFirst)
      part = horizontally(vertically(part, down, { columns: source.columns, rows: target.rows }), across, target);
    else part = vertically(horizontally(part, across, { columns: target.columns, rows: source.rows }), down, target);
  }
  return cut(part, window);
}

/** Both passes of one resizing; null where its direction keeps the size. */
interface Step {
  readonly across: Coefficients | null;
  readonly down: Coefficients | null;
  readonly rowsLost: number;
  readonly columnsLost: number;
  /** Whether it halves both sides with a box, an odd side as if it were one less. */
  readonly halves: boolean;
}

function stepsOf(image: RgbImage, resizings: readonly Resizing[]): Step[] {
  return resizings.map(({ width, height, filter }, i) => {
    const source = resizings[i - 1] ?? image;
    return {
      across: width === source.width ? null : coefficientsOf(source.width, width, filter),
      down: height === source.height ? null : coefficientsOf(source.height, height, filter),
      rowsLost: source.height - height,
      columnsLost: source.width - width,
      halves: filter === 'box' && width === source.width >> 1 && height === source.height >> 1,
    };
  });
}

/** The pixels of a window of an image. */
interface Part extends Window {
  readonly data: Uint8Array;
}

function strideOf({ columns }: Window): number {
  return (columns.to - columns.from) * 3;
}

function cut(part: Part, window: Window): RgbImage {
  const [width, height] = [window.columns.to - window.columns.from, window.rows.to - window.rows.from];
  const [from, to] = [strideOf(part), strideOf(window)];
  if (from === to && part.data.length === to * height) return { width, height, data: part.data };
  const data = new Uint8Array(to * height);
  const left = (window.columns.from - part.columns.from) * 3;
  for (let y = 0; y < height; y++) {
    const begin = (window.rows.from - part.rows.from + y) * from + left;
    data.set(part.data.subarray(begin, begin + to), y * to);
  }
  return { width, height, data };
}

/** For each output position the first source position and the fixed-point weights from there on, all in one array. */
interface Coefficients {
  readonly first: Int32Array;
  /** Position i has the weights from `begin[i]` to before `begin[i + 1]`. */
  readonly begin: Int32Array;
  readonly weights: Int32Array;
}

/** What output positions are computed from; itself where nothing is. */
function sourceRange(coefficients: Coefficients | null, { from, to }: Range): Range {
  if (coefficients === null) return { from, to };
  const { first, begin } = coefficients;
  // Neither end of the sources ever goes back from one position to the next.
  return { from: first[from]!, to: first[to - 1]! + begin[to]! - begin[to - 1]! };
}

/** By sizes and filter: photographs have few sizes, and the sines of one take as long as a pass. */
const kept = new Map<string, Coefficients>();
const mostKept = 256;

function coefficientsOf(source: number, target: number, filter: Filter): Coefficients {
  const key = `${source} ${target} ${filter}`;
  const known = kept.get(key);
  if (known) return known;
  if (kept.size === mostKept) kept.clear();
  const made = computeCoefficients(source, target, filter);
  kept.set(key, made);
  return made;
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

/**
 * Both passes of a halving, the horizontal one first, without the image between them: the rounded mean of two is rounded again with the one below.
 * An odd side has a position in its middle that may cover three; there the weights are applied.
 * @param window of the output
 */
function halved(part: Part, across: Coefficients, down: Coefficients, window: Window): Part {
  const { columns, rows } = window;
  const width = strideOf(window);
  const size = width * (rows.to - rows.from);
  // A pixel is stored as four bytes, of which the next one overwrites the last.
  const data = new Uint8Array(size + 1);
  const target = viewOf(data);
  const source = viewOf(part.data);
  const stride = strideOf(part);
  const { pairs, others } = pairsAndOthers(across, columns);
  for (let y = rows.from, line = 0; y < rows.to; y++, line += width) {
    const above = (down.first[y]! - part.rows.from) * stride - part.columns.from * 3;
    for (const { from, to } of pairs) {
      const end = line + (to - columns.from) * 3;
      let upper = above + across.first[from]! * 3;
      for (let at = line + (from - columns.from) * 3; at < end; at += 3, upper += 6) {
        const lower = upper + stride;
        const upperMean = mean(source.getInt32(upper, true) & 0xffffff, source.getInt32(upper + 2, true) >>> 8);
        const lowerMean = mean(source.getInt32(lower, true) & 0xffffff, source.getInt32(lower + 2, true) >>> 8);
        target.setInt32(at, mean(upperMean, lowerMean), true);
      }
    }
  }
  const weighted = (cell: Window): void => {
    const exact = vertically(horizontally(part, across, { ...cell, rows: sourceRange(down, cell.rows) }), down, cell);
    paste(exact, data, window);
  };
  for (const column of others) weighted({ columns: column, rows });
  for (const row of pairsAndOthers(down, rows).others) weighted({ columns, rows: row });
  return { ...window, data: data.subarray(0, size) };
}

/** The rounded mean of each of three bytes in a word, halves up. */
function mean(a: number, b: number): number {
  return (a | b) - (((a ^ b) & 0xfefefe) >>> 1);
}

/** Positions that are the mean of two sources, in runs whose sources follow each other, and the others one by one. */
function pairsAndOthers(
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

function paste(part: Part, data: Uint8Array, window: Window): void {
  const [from, to] = [strideOf(part), strideOf(window)];
  const left = (part.columns.from - window.columns.from) * 3;
  for (let y = part.rows.from; y < part.rows.to; y++) {
    const begin = (y - part.rows.from) * from;
    data.set(part.data.subarray(begin, begin + from), (y - window.rows.from) * to + left);
  }
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

/** @param window of the output */
function horizontally(part: Part, coefficients: Coefficients | null, window: Window): Part {
  if (coefficients === null) return part;
  const { columns, rows } = window;
  const data = new Uint8Array(strideOf(window) * (rows.to - rows.from));
  const stride = strideOf(part);
  for (let y = rows.from, to = 0; y < rows.to; y++) {
    const line = (y - part.rows.from) * stride - part.columns.from * 3;
    for (let x = columns.from; x < columns.to; x++, to += 3) {
      weigh(part.data, line + coefficients.first[x]! * 3, 3, coefficients, x, data, to);
    }
  }
  return { ...window, data };
}

/** @param window of the output */
function vertically(part: Part, coefficients: Coefficients | null, window: Window): Part {
  if (coefficients === null) return part;
  const { columns, rows } = window;
  const data = new Uint8Array(strideOf(window) * (rows.to - rows.from));
  const stride = strideOf(part);
  for (let y = rows.from, to = 0; y < rows.to; y++) {
    let from = (coefficients.first[y]! - part.rows.from) * stride + (columns.from - part.columns.from) * 3;
    for (let x = columns.from; x < columns.to; x++, from += 3, to += 3) {
      weigh(part.data, from, stride, coefficients, y, data, to);
    }
  }
  return { ...window, data };
}

/** One output pixel: the weighted sum of source pixels that are `step` bytes apart. */
function weigh(
  source: Uint8Array,
  start: number,
  step: number,
  { begin, weights }: Coefficients,
  position: number,
  data: Uint8Array,
  to: number,
): void {
  const end = begin[position + 1]!;
  let red = half;
  let green = half;
  let blue = half;
  for (let k = begin[position]!, from = start; k < end; k++, from += step) {
    const weight = weights[k]!;
    // A plain product of a negative weight and 0 would be -0, for which all products become floating-point ones.
    red = (red + Math.imul(source[from]!, weight)) | 0;
    green = (green + Math.imul(source[from + 1]!, weight)) | 0;
    blue = (blue + Math.imul(source[from + 2]!, weight)) | 0;
  }
  data[to] = clipped(red);
  data[to + 1] = clipped(green);
  data[to + 2] = clipped(blue);
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
