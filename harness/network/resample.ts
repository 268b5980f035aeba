/**
 * @file Resampling of images as fixed linear maps: FIR filters, bilinear, pixel repetition, average pooling.
 *
 * FIR and bilinear resampling are two small matrix products each.
 */
import * as tf from '@tensorflow/tfjs-core';

/** A matrix [outputs, inputs], row-major, float64. */
export interface AxisMap {
  readonly outputs: number;
  readonly inputs: number;
  readonly values: Float64Array;
}

/**
 * y[b,p,q,c] = sum_hw M[p,h] M[q,w] x[b,h,w,c]: the same map along height and width.
 * The gradient is the transposed map; TensorFlow.js's own gradient of a broadcast matrix product has a wrong shape.
 * @param x float32[B,N,N,C] with N = map.inputs
 * @returns float32[B,M,M,C] with M = map.outputs
 */
export function mapAxes(x: tf.Tensor, map: AxisMap): tf.Tensor {
  const operation = tf.customGrad((input) => ({
    value: applyAxes(input as tf.Tensor, map),
    gradFunc: (dy) => applyAxes(dy, transpose(map)),
  }));
  return operation(x);
}

function applyAxes(x: tf.Tensor, { outputs, inputs, values }: AxisMap): tf.Tensor {
  const [batch, , , channels] = x.shape as [number, number, number, number];
  const matrix = tf.tensor2d(Float32Array.from(values), [outputs, inputs]);
  const alongWidth = (t: tf.Tensor, rows: number) =>
    tf.matMul(repeatable(matrix), tf.reshape(t, [batch * rows, inputs, channels]));
  const alongHeight = (t: tf.Tensor, columns: number) =>
    tf.matMul(repeatable(matrix), tf.reshape(t, [batch, inputs, columns * channels]));
  // Both orders give the same map; the axis that leaves less to do for the other goes first.
  if (outputs < inputs) {
    const narrow = alongHeight(x, inputs);
    return tf.reshape(alongWidth(narrow, outputs), [batch, outputs, outputs, channels]);
  }
  const wide = alongWidth(x, inputs);
  return tf.reshape(alongHeight(wide, outputs), [batch, outputs, outputs, channels]);
}

/** A matrix as a batch of one, which the product repeats over the batch of the other operand. */
function repeatable(matrix: tf.Tensor2D): tf.Tensor3D {
  return tf.expandDims(matrix, 0);
}

function transpose({ outputs, inputs, values }: AxisMap): AxisMap {
  const flipped = new Float64Array(values.length);
  for (let i = 0; i < outputs; i++) for (let j = 0; j < inputs; j++) flipped[j * outputs + i] = values[i * inputs + j]!;
  return { outputs: inputs, inputs: outputs, values: flipped };
}

/** The separable kernel of NCSN++, [1, 3, 3, 1] / 8. Source: `fir_kernel` of the CIFAR-10 configuration. */
const firKernel = [1 / 8, 3 / 8, 3 / 8, 1 / 8];

/**
 * Upsampling by two: zeros between the samples, FIR with gain 2 per axis, padding (2, 1).
 * Source: `upsample_2d` of jcm/models/up_or_down_sampling.py.
 */
export function firUp(size: number): AxisMap {
  return fill(2 * size, size, (output, input) => 2 * (firKernel[2 * input - output + 2] ?? 0));
}

/** Downsampling by two: FIR, padding (1, 1), every second sample. Source: `downsample_2d` of the same file. */
export function firDown(size: number): AxisMap {
  return fill(size / 2, size, (output, input) => firKernel[input - 2 * output + 1] ?? 0);
}

/** The filter before a convolution of stride 2: FIR, padding (2, 2), one sample longer. Source: `conv_downsample_2d` of the same file. */
export function firBeforeStride(size: number): AxisMap {
  return fill(size + 1, size, (output, input) => firKernel[input - output + 2] ?? 0);
}

/**
 * Bilinear enlargement with half-pixel centres: output p lies at (p + 1/2) inputs / outputs - 1/2, held inside the image.
 *
 * As a matrix, because the gradient of TensorFlow.js's `resizeBilinear` forgets the half pixel.
 * Source: `F.interpolate(mode="bilinear", align_corners=False)` of torch, `jax.image.resize(method="bilinear")`.
 * @param inputs width before; @param outputs width after, at least as large: a smaller one would need antialiasing in JAX
 */
export function halfPixelBilinear(inputs: number, outputs: number): AxisMap {
  return fill(outputs, inputs, (output, input) => {
    const place = Math.min(Math.max(((output + 0.5) * inputs) / outputs - 0.5, 0), inputs - 1);
    return Math.max(0, 1 - Math.abs(place - input));
  });
}

function fill(outputs: number, inputs: number, value: (output: number, input: number) => number): AxisMap {
  const values = new Float64Array(outputs * inputs);
  for (let i = 0; i < outputs; i++) for (let j = 0; j < inputs; j++) values[i * inputs + j] = value(i, j);
  return { outputs, inputs, values };
}

/**
 * Nearest-neighbour upsampling by two: each pixel four times. Its gradient is four times the average over each 2x2 square.
 * Source: `F.interpolate(scale_factor=2, mode="nearest")` of torch.
 * @param x float32[B,H,W,C]
 * @returns float32[B,2H,2W,C]
 */
export function repeatPixels(x: tf.Tensor): tf.Tensor {
  const operation = tf.customGrad((input) => ({
    value: repeated(input as tf.Tensor),
    gradFunc: (dy) => tf.mul(pooled(dy), 4),
  }));
  return operation(x);
}

/**
 * Average over 2x2 squares; an odd last row or column is left out. Its gradient is a quarter of dy at each of the four pixels.
 * Source: `nn.AvgPool2d(2, stride=2)` of torch.
 * @param x float32[B,H,W,C]
 * @returns float32[B,floor(H/2),floor(W/2),C]
 */
export function averagePool(x: tf.Tensor): tf.Tensor {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  if (height % 2 === 1 || width % 2 === 1) {
    return averagePool(tf.slice(x, [0, 0, 0, 0], [batch, height - (height % 2), width - (width % 2), channels]));
  }
  const operation = tf.customGrad((input) => ({
    value: pooled(input as tf.Tensor),
    gradFunc: (dy) => repeated(tf.mul(dy, 0.25)),
  }));
  return operation(x);
}

/** Two concatenations of a tensor with itself, each a plain copy of rows. */
function repeated(x: tf.Tensor): tf.Tensor {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const twice = (rows: number, size: number, t: tf.Tensor) => {
    const flat = tf.reshape(t, [rows, size]);
    return tf.concat([flat, flat], 1);
  };
  const wide = twice(batch * height * width, channels, x);
  return tf.reshape(twice(batch * height, 2 * width * channels, wide), [batch, 2 * height, 2 * width, channels]);
}

function pooled(x: tf.Tensor): tf.Tensor {
  return tf.avgPool(x as tf.Tensor4D, 2, 2, 'valid');
}
