/** @file The perceptual distance of shapes against the formula of LPIPS in float64, with the committed weights. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { openShapes } from '../../../harness/data/shapes.ts';
import { HostRandom } from '../../../harness/core/random.ts';
import { pixelValues } from '../../../harness/formats/pixels.ts';
import { readSafetensors, toFloat64 } from '../../../harness/formats/safetensors.ts';
import { encoderGroups } from '../../../harness/network/features/shapes-encoder/modules.ts';
import type { ImageDistance } from '../../../harness/train/distance/distance.ts';
import { encoderWeightsFile } from '../../../harness/network/features/shapes-encoder/weights.ts';
import { openShapesPerceptual } from '../../../harness/train/distance/shapes-perceptual.ts';
import { engineForTests } from '../../engine/engine-fixture.ts';

let distance: ImageDistance;
beforeAll(async () => {
  await engineForTests();
  distance = await openShapesPerceptual();
});

/** Held-out image `index` with noise of standard deviation `sigma`, in [-1, 1]. */
function image(index: number, sigma = 0): Float64Array {
  const bytes = new Uint8Array(16 * 16 * 3);
  openShapes().readHeldOut(index, bytes);
  const values = pixelValues();
  const random = new HostRandom(index, 'metrics-subset', 0);
  return Float64Array.from(bytes, (byte) => Math.fround(values[byte]! + sigma * random.normal()));
}

const tensor = (...images: Float64Array[]) =>
  tf.tensor(
    images.flatMap((one) => [...one]),
    [images.length, 16, 16, 3],
  );
const between = (x: Float64Array, y: Float64Array): number => distance(tensor(x), tensor(y)).dataSync<'float32'>()[0]!;

/** d(x, y) by its formula, one number after another. */
function byFormula(x: Float64Array, y: Float64Array): number {
  const weights = new Map([...readSafetensors(encoderWeightsFile).tensors].map(([name, t]) => [name, toFloat64(t)]));
  const layers = (pixels: Float64Array) => {
    let [h, width, channels]: [Float64Array, number, number] = [pixels, 16, 3];
    return encoderGroups.map((group, i) => {
      if (i > 0) [h, width] = [pooled(h, width, channels), width / 2];
      for (const { name, outChannels } of group) {
        const z = convolved(h, width, channels, weights.get(`${name}/kernel`)!, weights.get(`${name}/bias`)!);
        [h, channels] = [z.map((v) => v / (1 + Math.exp(-v))), outChannels];
      }
      return { h, places: width * width, channels };
    });
  };
  const [ofX, ofY] = [layers(x), layers(y)];
  return ofX.reduce((total, { h, places, channels }, l) => {
    let sum = 0;
    for (let place = 0; place < places; place++) {
      const u = h.subarray(place * channels, (place + 1) * channels);
      const v = ofY[l]!.h.subarray(place * channels, (place + 1) * channels);
      const [nu, nv] = [Math.hypot(...u), Math.hypot(...v)];
      for (let c = 0; c < channels; c++) sum += (u[c]! / nu - v[c]! / nv) ** 2;
    }
    return total + sum / places;
  }, 0);
}

function convolved(x: Float64Array, width: number, inputs: number, kernel: Float64Array, bias: Float64Array) {
  const outputs = bias.length;
  const result = new Float64Array(width * width * outputs);
  for (let row = 0; row < width; row++)
    for (let column = 0; column < width; column++)
      for (let o = 0; o < outputs; o++) {
        let sum = bias[o]!;
        for (let dr = -1; dr <= 1; dr++)
          for (let dc = -1; dc <= 1; dc++) {
            const [r, c] = [row + dr, column + dc];
            if (r < 0 || c < 0 || r >= width || c >= width) continue;
            for (let i = 0; i < inputs; i++)
              sum += x[(r * width + c) * inputs + i]! * kernel[(((dr + 1) * 3 + dc + 1) * inputs + i) * outputs + o]!;
          }
        result[(row * width + column) * outputs + o] = sum;
      }
  return result;
}

function pooled(x: Float64Array, width: number, channels: number): Float64Array {
  const half = width / 2;
  return Float64Array.from({ length: half * half * channels }, (_, at) => {
    const [place, c] = [Math.floor(at / channels), at % channels];
    const [row, column] = [2 * Math.floor(place / half), 2 * (place % half)];
    const value = (r: number, k: number) => x[((row + r) * width + column + k) * channels + c]!;
    return Math.max(value(0, 0), value(0, 1), value(1, 0), value(1, 1));
  });
}

describe('the perceptual distance of shapes', () => {
  test.each([
    ['two images', image(0), image(1)],
    ['an image and a noisy one', image(2), image(2, 0.1)],
    ['images beyond the range', image(3, 2), image(4, 2)],
  ])('is the formula of LPIPS with weights of 1: %s', (_, x, y) => {
    const wanted = byFormula(x, y);
    expect(wanted).toBeGreaterThan(0);
    expect(Math.abs(between(x, y) / wanted - 1)).toBeLessThan(1e-4);
  });

  // Origin: the committed weights themselves, through the formula in float64. Other weights are another version of the distance.
  test('has the values of version 1', () => {
    expect(byFormula(image(0), image(1))).toBeCloseTo(1.7248387405358445, 6);
    expect(byFormula(image(2), image(2, 0.1))).toBeCloseTo(0.022425143700499563, 6);
  });

  test('of an image with itself is zero, and so is its gradient', () => {
    const x = tensor(image(0, 0.3), image(1));
    const { value, grad } = tf.valueAndGrad((t: tf.Tensor) => tf.sum(distance(t, x)))(x);
    expect(value.dataSync()[0]).toBe(0);
    expect(grad.dataSync().every((g) => g === 0)).toBe(true);
  });

  test('judges each image of a batch alone', () => {
    const [x, y] = [tensor(image(0), image(2)), tensor(image(1), image(2, 0.1))];
    const together = [...distance(x, y).dataSync<'float32'>()];
    [between(image(0), image(1)), between(image(2), image(2, 0.1))].forEach((alone, i) =>
      expect(Math.abs(together[i]! / alone - 1)).toBeLessThan(1e-5),
    );
  });

  test('grows with the noise on one of the two', () => {
    const distances = [0.02, 0.1, 0.3, 1].map((sigma) => between(image(5), image(5, sigma)));
    expect(distances).toEqual([...distances].sort((a, b) => a - b));
  });
});
