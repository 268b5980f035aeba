/** @file Per-pixel network of loss and sampler packs: F(x, c) = tanh(x W1 + b1 + c u) W2 + b2. */
import * as tf from '@tensorflow/tfjs-core';
import type { Parameter } from '../../network/parameter.ts';
import type { NoiseNetwork } from '../../network/consistency.ts';
import { dense } from '../../network/layers.ts';
import type { Parameters } from '../../network/flat.ts';
import { tensorOf, type ConformanceCase } from '../case.ts';

/** W1 (3,H), b1 (H), u (H), W2 (H,3), b2 (3), with the H of the pack. */
export function pixelParameters(reference: ConformanceCase): Parameter[] {
  return ['W1', 'b1', 'u', 'W2', 'b2'].map((name) => ({
    name,
    shape: tensorOf(reference, `params/${name}`).shape,
    initial: { kind: 'zeros' },
    trainable: true,
  }));
}

export function pixelNetwork(parameters: Parameters): NoiseNetwork {
  const { W1, b1, u, W2, b2 } = parameters as Record<'W1' | 'b1' | 'u' | 'W2' | 'b2', tf.Tensor>;
  return (x, noise) => {
    const shift = tf.mul(tf.reshape(noise, [-1, 1, 1, 1]), tf.reshape(u, [1, 1, 1, -1]));
    return dense(tf.tanh(tf.add(dense(x, W1, b1), shift)), W2, b2);
  };
}
