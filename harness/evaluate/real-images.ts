/**
 * @file Reads real images of a data set into one array: held-out images or training images.
 *
 * Training never sees the held-out ones.
 */
import { imageBytes, type ImageSource } from '../data/source.ts';

/** Held-out images `first` and following, uint8[count,H,W,3]. */
export function heldOut(source: ImageSource, first: number, count: number): Uint8Array {
  return imagesOf(source, count, (i, out) => source.readHeldOut(first + i, out));
}

/** Training images `first` and following, uint8[count,H,W,3]. */
export function trainImages(source: ImageSource, first: number, count: number): Uint8Array {
  return imagesOf(source, count, (i, out) => source.readTrain(first + i, out));
}

function imagesOf(source: ImageSource, count: number, read: (i: number, out: Uint8Array) => unknown): Uint8Array {
  const size = imageBytes(source);
  const images = new Uint8Array(count * size);
  for (let i = 0; i < count; i++) read(i, images.subarray(i * size, (i + 1) * size));
  return images;
}
