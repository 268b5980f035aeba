/**
 * @file Random draws of the host for one step: noise intervals and flips.
 *
 * They are named by (seed, stream, step).
 */
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
