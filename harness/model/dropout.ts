/** @file Dropout whose masks are named by key and layer, so that student and teacher of one step share them. */
import * as tf from '@tensorflow/tfjs-core';
import { foldLane, randomUniform, type RandomKey } from '../engine/random.ts';

/** Gives each residual block its mask: null leaves the features as they are. */
export interface Dropout {
  /**
   * The mask of the block with this number in forward order: 0 or 1 / (1 - rate) per value, or null where no dropout acts.
   * @param shape of the features, NHWC
   * @param level width of the block's input: a block belongs to the level it starts from, also where it leads to another
   */
  mask(block: number, shape: readonly number[], level: number): tf.Tensor | null;
}

export const noDropout: Dropout = { mask: () => null };

export interface DropoutOptions {
  readonly rate: number;
  /** Widest level on which dropout acts; null: all. */
  readonly maxResolution: number | null;
  readonly key: RandomKey;
  /** Number of the first image inside the whole batch: its masks do not depend on how the batch is divided into passes. */
  readonly firstImage?: number;
}

/**
 * Inverted dropout: a value is kept with probability 1 - rate and then divided by it.
 * Source: Srivastava et al. 2014; Song & Dhariwal 2023 section 3.2: the teacher's masks are those of the student. Asking twice for the same
 * block gives the same tensor.
 */
export function sharedDropout({ rate, maxResolution, key, firstImage = 0 }: DropoutOptions): Dropout {
  if (rate === 0) return noDropout;
  const masks = new Map<number, tf.Tensor>();
  return {
    mask: (block, shape, level) => {
      if (maxResolution !== null && level > maxResolution) return null;
      let mask = masks.get(block);
      if (!mask) {
        const [, height, width, channels] = shape as [number, number, number, number];
        const drawn = randomUniform(shape, foldLane(key, block + 1), firstImage * height * width * channels);
        const kept = tf.greaterEqual(drawn, rate);
        mask = tf.mul(tf.cast(kept, 'float32'), 1 / (1 - rate));
        masks.set(block, mask);
      }
      return mask;
    },
  };
}
