/** @file Dropout whose masks are named by key and layer, so that student and teacher of one step share them. */
import * as tf from '@tensorflow/tfjs-core';
import { after, foldLane, nativeDropout, type RandomKey, randomUniform, runsNativeOperations } from '../engine/ops.ts';

/** Dropout of each residual block. */
export interface Dropout {
  /**
   * The features times the mask of the block with this number in forward order: 0 or 1 / (1 - rate) per value. The features themselves where no
   * dropout acts.
   * @param features float32[B,H,W,C]
   * @param width the width that decides whether dropout acts: of the features or, as one reproduction has it, of the block's input
   */
  drop(block: number, features: tf.Tensor, width: number): tf.Tensor;
}

export const noDropout: Dropout = { drop: (_block, features) => features };

export interface DropoutOptions {
  readonly rate: number;
  /** The largest width at which dropout acts; null: any. */
  readonly maxResolution: number | null;
  readonly key: RandomKey;
  /** Number of the first image inside the whole batch: its masks do not depend on how the batch is divided into passes. */
  readonly firstImage?: number;
  /** Draw each mask anew wherever it is used: with recomputation, masks would otherwise be all that is kept. On a CPU they always are. */
  readonly redraw?: boolean;
}

/**
 * Inverted dropout: a value is kept with probability 1 - rate and then divided by it.
 * Source: Srivastava et al. 2014; Song & Dhariwal 2023 (iCT): the teacher's masks are those of the student. Asking twice for the same
 * block gives the same values.
 */
export function sharedDropout({ rate, maxResolution, key, firstImage = 0, redraw = false }: DropoutOptions): Dropout {
  if (rate === 0) return noDropout;
  const skipped = ({ size, shape }: tf.Tensor): number => (firstImage * size) / shape[0];
  const native = (block: number, features: tf.Tensor): tf.Tensor =>
    nativeDropout(features, rate, foldLane(key, block + 1), skipped(features));
  const masks = new Map<number, tf.Tensor>();
  const draw = (block: number, features: tf.Tensor): tf.Tensor => {
    // Waiting for the features keeps the draws of the two passes apart: TensorFlow would otherwise make one and keep it in between.
    const own = foldLane(redraw ? (after(key, features) as RandomKey) : key, block + 1);
    const drawn = randomUniform(features.shape, own, skipped(features));
    return tf.mul(tf.cast(tf.greaterEqual(drawn, rate), 'float32'), 1 / (1 - rate));
  };
  const masked = (block: number, features: tf.Tensor): tf.Tensor => {
    if (redraw) return tf.mul(features, draw(block, features));
    const mask = masks.get(block) ?? draw(block, features);
    masks.set(block, mask);
    return tf.mul(features, mask);
  };
  const drop = runsNativeOperations() ? native : masked;
  return {
    drop: (block, features, width) =>
      maxResolution !== null && width > maxResolution ? features : drop(block, features),
  };
}
