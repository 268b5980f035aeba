/**
 * @file Resizes images bit for bit as Pillow: 8-bit convolution, fixed-point coefficients.
 *
 * There is one pass per direction. Source: Pillow `src/libImaging/Resample.c` (the algorithm; the preprocessing of the published data sets
 * runs on it).
 */
import type { RgbImage } from '../../formats/image.ts';
import { coefficientsOf, sourceRange, type Coefficients, type Filter } from './coefficients.ts';
import { openPasses, type Part, type Passes, type Window } from './passes.ts';

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

interface Size {
  readonly width: number;
  readonly height: number;
}

/** A size to bring an image to. */
export interface Resizing extends Size {
  readonly filter: Filter;
}

/**
 * Resizes an image; the filter is widened by the scale when shrinking.
 * @returns uint8[height, width, 3]
 */
export async function resize(
  image: RgbImage,
  width: number,
  height: number,
  filter: Filter,
  order: PassOrder = 'horizontal-first',
): Promise<RgbImage> {
  return resizeAndCut(image, wholeOf(image), [{ width, height, filter }], wholeOf({ width, height }), order);
}

/**
 * Resizes a window of an image to one size after the other and cuts a window out of the last.
 * The bytes are those of whole images; only what the last window depends on is computed.
 */
export async function resizeAndCut(
  image: RgbImage,
  source: Window,
  resizings: readonly Resizing[],
  window: Window,
  order: PassOrder = 'horizontal-first',
): Promise<RgbImage> {
  const steps = stepsOf(sizeOf(source), resizings);
  const windows = [window];
  for (const { across, down } of steps.toReversed()) {
    const { columns, rows } = windows[0]!;
    windows.unshift({ columns: sourceRange(across, columns), rows: sourceRange(down, rows) });
  }
  const passes = await openPasses();
  // Nothing waits from here on: the memory of the passes is this image's alone.
  try {
    let part = passes.load(image, source, windows[0]!.rows);
    for (const [i, step] of steps.entries()) part = resized(passes, part, step, windows[i]!, windows[i + 1]!, order);
    return { ...sizeOf(window), data: passes.pixels(part, window) };
  } finally {
    passes.clear();
  }
}

function resized(
  passes: Passes,
  part: Part,
  { across, down, rowsLost, columnsLost, halves }: Step,
  source: Window,
  target: Window,
  order: PassOrder,
): Part {
  const downFirst = order === 'by-shrinkage' && rowsLost > 0 && rowsLost > 2 * columnsLost;
  if (downFirst)
    return passes.across(passes.down(part, down, { columns: source.columns, rows: target.rows }), across, target);
  if (across && down && halves) return passes.halve(part, across, down, target);
  return passes.down(passes.across(part, across, { columns: target.columns, rows: source.rows }), down, target);
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

function stepsOf(first: Size, resizings: readonly Resizing[]): Step[] {
  return resizings.map(({ width, height, filter }, i) => {
    const source = resizings[i - 1] ?? first;
    return {
      across: width === source.width ? null : coefficientsOf(source.width, width, filter),
      down: height === source.height ? null : coefficientsOf(source.height, height, filter),
      rowsLost: source.height - height,
      columnsLost: source.width - width,
      halves: filter === 'box' && width === source.width >> 1 && height === source.height >> 1,
    };
  });
}

function sizeOf({ columns, rows }: Window): Size {
  return { width: columns.to - columns.from, height: rows.to - rows.from };
}

/** The window that is all of an image. */
export function wholeOf({ width, height }: Size): Window {
  return { columns: { from: 0, to: width }, rows: { from: 0, to: height } };
}
