/**
 * @file Measures the FLOP per second that this device sustains on convolutions and matrix products.
 *
 * The shapes are those of the networks, and the measurement is short.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Clock } from '../../core/clock.ts';
import { compile } from '../compile/compile.ts';

export interface Peak {
  readonly what: 'convolution' | 'matrix product';
  readonly flopsPerSecond: number;
}

/** Shapes of the middle of the CIFAR-10 network. */
const images = 8;
const side = 32;
const channels = 128;
/** Time given to each of the two, after a warm-up. */
const milliseconds = 600;
const leastRuns = 3;

/**
 * The best of several runs of a 3x3 convolution with both of its gradients, and of a square matrix product, in float32.
 * @returns FLOP per second, two per multiply-add
 */
export function measurePeaks(clock: Clock): Peak[] {
  const x = tf.ones([images, side, side, channels]);
  const kernel = tf.fill([3, 3, channels, channels], 0.01);
  const convolution = compile(
    (input: tf.Tensor, weights: tf.Tensor) => {
      const f = (a: tf.Tensor, b: tf.Tensor) => tf.mean(tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 1, 'same'));
      const { value, grads } = tf.valueAndGrads(f)([input, weights]);
      // Every one of the three products must reach the result, or TensorFlow leaves it out and the rate comes out half as high again.
      return tf.stack([value, ...grads.map((g) => tf.mean(g))]);
    },
    { name: 'calibrate_convolution' },
  );
  const size = 1024;
  const matrix = tf.fill([size, size], 0.01);
  const product = compile((a: tf.Tensor) => tf.mean(tf.matMul(a as tf.Tensor2D, a as tf.Tensor2D)), {
    name: 'calibrate_product',
  });
  const multiplyAdds = images * side * side * 9 * channels * channels;
  const peaks: Peak[] = [
    { what: 'convolution', flopsPerSecond: (3 * 2 * multiplyAdds) / bestSeconds(() => convolution(x, kernel), clock) },
    { what: 'matrix product', flopsPerSecond: (2 * size ** 3) / bestSeconds(() => product(matrix), clock) },
  ];
  convolution.dispose();
  product.dispose();
  tf.dispose([x, kernel, matrix]);
  return peaks;
}

function bestSeconds(run: () => tf.Tensor, clock: Clock): number {
  const timed = (): number => {
    const begun = clock.now();
    const result = run();
    result.dataSync();
    const seconds = (clock.now() - begun) / 1000;
    result.dispose();
    return seconds;
  };
  timed();
  let best = Infinity;
  const begun = clock.now();
  for (let i = 0; i < leastRuns || clock.now() - begun < milliseconds; i++) best = Math.min(best, timed());
  return best;
}
