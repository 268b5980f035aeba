/**
 * @file Layers of both networks: convolution, dense, group normalisation, swish, attention.
 *
 * NHWC, float32.
 */
import * as tf from '@tensorflow/tfjs-core';
import { nativeBias, nativeSum, runsNativeOperations, sigmoidGradient, type GroupNorm } from '../engine/ops.ts';

/**
 * 2-D convolution with zero padding that keeps the size, plus bias.
 * Source: `nn.Conv(features, (k, k))` of flax and `nn.Conv2d(padding=k // 2)` of torch agree for odd k and stride 1.
 * @param x float32[B,H,W,I]
 * @param kernel float32[k,k,I,O]
 * @param bias float32[O]
 * @param joined what is added after the bias
 * @returns float32[B,H,W,O]
 */
export function convolution(x: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor, joined?: Joined): tf.Tensor {
  if (kernel.shape[0] === 1) return dense(x, tf.reshape(kernel, kernel.shape.slice(2)), bias, joined);
  return join(tf.conv2d(x as tf.Tensor4D, kernel as tf.Tensor4D, 1, 'same'), bias, joined);
}

/** What a convolution or projection is joined with. */
export interface Joined {
  /** float32 of as many numbers as the output in the same order, or [B,C]: one row per image. */
  readonly other: tf.Tensor;
  /** Factor of the sum; absent: 1. */
  readonly scale?: number;
}

/** y + bias, or ((y + bias) + other) scale. */
function join(y: tf.Tensor, bias: tf.Tensor, joined?: Joined): tf.Tensor {
  const native = runsNativeOperations();
  if (!joined) return native ? nativeBias(y, bias) : tf.add(y, bias);
  return (native ? nativeSum : plainSum)(y, bias, joined.other, joined.scale ?? 1);
}

/** `nativeSum` of TensorFlow's operations: on a GPU and under XLA. Exported for its test: both have the same bits. */
export function plainSum(x: tf.Tensor, bias: tf.Tensor, other: tf.Tensor, scale: number): tf.Tensor {
  const [images, channels] = [x.shape[0], x.shape.at(-1)!];
  const perImage = [images, ...x.shape.slice(1, -1).map(() => 1), channels];
  const sum = tf.add(tf.add(x, bias), tf.reshape(other, other.size === x.size ? x.shape : perImage));
  return scale === 1 ? sum : tf.mul(sum, scale);
}

/**
 * Affine map of the last axis: x W + b.
 * @param x float32[...,I]
 * @param kernel float32[I,O]
 * @param bias float32[O]
 * @param joined what is added after the bias
 * @returns float32[...,O]
 */
export function dense(x: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor, joined?: Joined): tf.Tensor {
  const [inChannels, outChannels] = kernel.shape as [number, number];
  const rows = tf.reshape(x, [x.size / inChannels, inChannels]);
  const products = tf.matMul(rows, kernel);
  const shape = [...x.shape.slice(0, -1), outChannels];
  // A bias alone is added to the rows.
  return joined ? join(tf.reshape(products, shape), bias, joined) : tf.reshape(join(products, bias), shape);
}

/** x sigmoid(x). */
export function swish(x: tf.Tensor): tf.Tensor {
  return tf.mul(x, tf.sigmoid(x));
}

/**
 * Group normalisation, optionally followed by swish, as one differentiable operation.
 *
 * y = (x - mean) / sqrt(variance + epsilon) * scale + bias with mean and (biased) variance per image and group; then y sigmoid(y).
 * Source: Wu & He 2018 (arXiv:1803.08494), equations 1-2. The gradient is written out so that x alone and five small tensors are kept.
 * @param x float32[B,H,W,C]; C is a multiple of the number of groups
 */
export function groupNorm(x: tf.Tensor, { scale, bias, groups, epsilon }: GroupNorm, withSwish: boolean): tf.Tensor {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const perGroup = channels / groups;
  const grouped = [batch, height * width, groups, perGroup];
  const affine = [1, 1, groups, perGroup];
  const count = height * width * perGroup;

  const operation = tf.customGrad((...args) => {
    const [input, gain, offset] = args as tf.Tensor[];
    const save = args.at(-1) as tf.GradSaveFunc;
    const r = tf.reshape(input!, grouped);
    const mean = groupMean(r);
    const variance = groupMean(tf.squaredDifference(r, mean));
    const inverse = tf.rsqrt(tf.add(variance, epsilon));
    const slope = tf.mul(inverse, tf.reshape(gain!, affine));
    const shift = tf.sub(tf.reshape(offset!, affine), tf.mul(mean, slope));
    const y = tf.add(tf.mul(r, slope), shift);
    save([input!, gain!, mean, inverse, slope, shift]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => {
      const [xs, g, m, inv, a, b] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
      const rs = tf.reshape(xs, grouped);
      let d = tf.reshape(dy, grouped);
      if (withSwish) {
        // d(y s(y))/dy = s + y s (1 - s) with s = sigmoid(y)
        const ys = tf.add(tf.mul(rs, a), b);
        const s = tf.sigmoid(ys);
        d = tf.mul(d, tf.add(s, sigmoidGradient(s, ys)));
      }
      // Per channel: sum of d and of d times the normalised input.
      const sumD = tf.sum(d, 1, true);
      const sumDx = tf.mul(tf.sub(tf.sum(tf.mul(d, rs), 1, true), tf.mul(m, sumD)), inv);
      const gains = tf.reshape(g, affine);
      const meanD = tf.div(tf.sum(tf.mul(sumD, gains), 3, true), count);
      const meanDx = tf.div(tf.sum(tf.mul(sumDx, gains), 3, true), count);
      // dx = inverse (d gain - meanD - xhat meanDx), with xhat = (x - mean) inverse, gathered as d slope + x p + q.
      const p = tf.neg(tf.mul(tf.square(inv), meanDx));
      const q = tf.neg(tf.add(tf.mul(inv, meanD), tf.mul(m, p)));
      const dx = tf.add(tf.mul(d, a), tf.add(tf.mul(rs, p), q));
      return [tf.reshape(dx, xs.shape), tf.reshape(tf.sum(sumDx, 0), g.shape), tf.reshape(tf.sum(sumD, 0), g.shape)];
    };
    return { value: tf.reshape(withSwish ? swish(y) : y, input!.shape), gradFunc };
  });
  return operation(x, scale, bias);
}

/** Mean over positions, then over a group's channels: over both axes at once, TensorFlow's CPU kernel takes up to nine times as long. */
function groupMean(x: tf.Tensor): tf.Tensor {
  return tf.mean(tf.mean(x, 1, true), 3, true);
}

/**
 * Vectors of root mean square 1: x / (epsilon + |x| / sqrt(d)) along the last axis, epsilon 1e-4.
 * Source: Karras et al. 2024 (EDM2, arXiv:2312.02696), pixel normalisation; Mosasaur5526/BCM-iCT-torch `iCT/cm/unet.py` (`normalize`).
 * @param x float32[...,d]
 * @returns float32[...,d]; zero where x is, with the gradient 1 / epsilon there
 */
export function unitRootMeanSquare(x: tf.Tensor): tf.Tensor {
  const meanSquare = tf.mean(tf.square(x), -1, true);
  // The root has an infinite slope at 0, which times a zero is no number.
  return tf.div(x, tf.add(tf.sqrt(tf.add(meanSquare, 1e-30)), 1e-4));
}

/**
 * Scaled dot-product attention over positions: softmax(q k' / sqrt(d)) v.
 * Source: Vaswani et al. 2017 (arXiv:1706.03762), equation 1.
 * @param q float32[N,T,d]; k, v the same
 * @returns float32[N,T,d]
 */
export function attention(q: tf.Tensor, k: tf.Tensor, v: tf.Tensor): tf.Tensor {
  const scale = 1 / Math.sqrt(q.shape[2]!);
  // The scale goes into the smaller operand.
  const scaled: tf.Tensor = tf.mul(q, scale);
  return tf.matMul(tf.softmax(tf.matMul(scaled, k, false, true)), v);
}
