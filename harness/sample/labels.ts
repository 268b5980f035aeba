/** @file Class labels of generated images. */
import { HostRandom, type Stream } from '../core/random.ts';

/**
 * Labels drawn uniformly and independently, one per image: label n depends on the seed and n alone, not on how images are batched.
 * Source: openai/consistency_models `scripts/image_sample.py` (`th.randint(0, NUM_CLASSES)`). Deviation: there the draw follows the
 * process's global generator, here the seed.
 * @param firstImage number of the first image
 * @returns int32[images], each from 0 to classes - 1
 */
export function sampleLabels(
  seed: number,
  stream: Stream,
  firstImage: number,
  images: number,
  classes: number,
): Int32Array {
  return Int32Array.from({ length: images }, (_, j) => new HostRandom(seed, stream, firstImage + j).below(classes));
}
