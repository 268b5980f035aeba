/** @file Crops and resizes a photograph to a square training image, as ADM and EDM do. */
import type { RgbImage } from '../formats/image.ts';
import { resize, type PassOrder } from './resample.ts';

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
export function preprocess(
  image: RgbImage,
  size: number,
  how: Preprocessing,
  order: PassOrder = 'horizontal-first',
): Uint8Array {
  return how === 'adm' ? admSquare(image, size, order) : edmSquare(image, size, order);
}

function admSquare(image: RgbImage, size: number, order: PassOrder): Uint8Array {
  let current = image;
  while (Math.min(current.width, current.height) >= 2 * size) {
    current = resize(current, Math.floor(current.width / 2), Math.floor(current.height / 2), 'box', order);
  }
  const scale = size / Math.min(current.width, current.height);
  current = resize(current, halfToEven(current.width * scale), halfToEven(current.height * scale), 'bicubic', order);
  const left = Math.floor((current.width - size) / 2);
  const top = Math.floor((current.height - size) / 2);
  return cut(current, left, top, size).data;
}

function edmSquare(image: RgbImage, size: number, order: PassOrder): Uint8Array {
  const side = Math.min(image.width, image.height);
  const left = Math.floor((image.width - side) / 2);
  const top = Math.floor((image.height - side) / 2);
  return resize(cut(image, left, top, side), size, size, 'lanczos', order).data;
}

function cut(image: RgbImage, left: number, top: number, side: number): RgbImage {
  const data = new Uint8Array(side * side * 3);
  for (let y = 0; y < side; y++) {
    const from = ((top + y) * image.width + left) * 3;
    data.set(image.data.subarray(from, from + side * 3), y * side * 3);
  }
  return { width: side, height: side, data };
}

/** Python's `round`. */
function halfToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}
