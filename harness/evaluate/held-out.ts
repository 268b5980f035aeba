/** @file Real images that training never sees. */
import { imageBytes, type ImageSource } from '../data/source.ts';

/** Held-out images `first` and following, uint8[count,H,W,3]. */
export function heldOut(source: ImageSource, first: number, count: number): Uint8Array {
  const size = imageBytes(source);
  const images = new Uint8Array(count * size);
  for (let i = 0; i < count; i++) source.readHeldOut(first + i, images.subarray(i * size, (i + 1) * size));
  return images;
}
