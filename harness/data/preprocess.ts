/** @file Crops and resizes a photograph to a square training image, as ADM and EDM do. */
import type { RgbImage } from '../formats/image.ts';
import type { Filter } from './resample/coefficients.ts';
import type { Window } from './resample/passes.ts';
import { resizeAndCut, wholeOf, type PassOrder, type Resizing } from './resample/resample.ts';

/**
 * `adm`: ImageNet 64x64 of CT, iCT and ADM. Halved with a box filter while the short side is at least twice the size, brought to the
 * size with a bicubic filter, cut in the middle. Source: openai/consistency_models `cm/image_datasets.py` `center_crop_arr`.
 *
 * `edm`: cut to the middle square at full size, then brought to the size with a Lanczos filter. Source: NVlabs/edm `dataset_tool.py`,
 * `--transform=center-crop`. Statistics of one preprocessing do not serve for the other.
 */
export type Preprocessing = 'adm' | 'edm';

/**
 * Makes a square image.
 * @param order of the passes of each resizing; the published data sets were made `horizontal-first`
 * @returns uint8[size, size, 3]
 */
export async function preprocess(
  image: RgbImage,
  size: number,
  how: Preprocessing,
  order: PassOrder = 'horizontal-first',
): Promise<Uint8Array> {
  const square = await (how === 'adm' ? admSquare(image, size, order) : edmSquare(image, size, order));
  return square.data;
}

function admSquare(image: RgbImage, size: number, order: PassOrder): Promise<RgbImage> {
  const resizings: Resizing[] = [];
  let { width, height } = image;
  const to = (nextWidth: number, nextHeight: number, filter: Filter): void => {
    [width, height] = [nextWidth, nextHeight];
    resizings.push({ width, height, filter });
  };
  while (Math.min(width, height) >= 2 * size) to(Math.floor(width / 2), Math.floor(height / 2), 'box');
  const scale = size / Math.min(width, height);
  to(halfToEven(width * scale), halfToEven(height * scale), 'bicubic');
  return resizeAndCut(image, wholeOf(image), resizings, middle(width, height, size), order);
}

function edmSquare(image: RgbImage, size: number, order: PassOrder): Promise<RgbImage> {
  const side = Math.min(image.width, image.height);
  const resizing: Resizing = { width: size, height: size, filter: 'lanczos' };
  return resizeAndCut(image, middle(image.width, image.height, side), [resizing], wholeOf(resizing), order);
}

function middle(width: number, height: number, side: number): Window {
  const left = Math.floor((width - side) / 2);
  const top = Math.floor((height - side) / 2);
  return { columns: { from: left, to: left + side }, rows: { from: top, to: top + side } };
}

/** Python's `round`. */
function halfToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}
