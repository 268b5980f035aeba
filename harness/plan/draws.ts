/** @file What the host draws for the images of one step: their noise intervals and their flips, named by (seed, stream, step). */
import { HostRandom } from '../core/random.ts';
import { drawInterval } from '../method/noise.ts';

/**
 * The interval of every image of step k, from the stream `level`. Image number n gets the same interval whatever the batch size.
 * @param cumulative float64[intervals] of the stage of step k
 * @returns int32[images], each from 0 to intervals - 1 (interval i of the papers is i - 1 here)
 */
export function drawIntervals(seed: number, k: number, images: number, cumulative: Float64Array): Int32Array {
  const random = new HostRandom(seed, 'level', k);
  return Int32Array.from({ length: images }, () => drawInterval(cumulative, random.uniform()));
}

/**
 * Which images of step k are flipped, from the stream `flip`; one number is drawn per image even where none can be flipped.
 * @param probability from 0 (never) to 1 (always)
 * @returns uint8[images], 1 where the image is flipped
 */
export function drawFlips(seed: number, k: number, images: number, probability: number): Uint8Array {
  const random = new HostRandom(seed, 'flip', k);
  return Uint8Array.from({ length: images }, () => (random.uniform() < probability ? 1 : 0));
}
