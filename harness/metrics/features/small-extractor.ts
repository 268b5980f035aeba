/** @file Extracts features of 16x16 images by a small network whose weights stay on the device. */
import * as tf from '@tensorflow/tfjs-core';
import { compile, type Compiled } from '../../engine/compile/compile.ts';
import { freeingAll } from '../../engine/ops.ts';

/** Images per pass; the features of an image do not depend on it beyond rounding. */
export const smallFeatureBatch = 500;

const resolution = 16;
const imageBytes = resolution ** 2 * 3;

type Weights = Readonly<Record<string, tf.Tensor>>;

export class SmallFeatureExtractor {
  private readonly weights: Weights;
  private readonly width: number;
  private readonly extract: Compiled<[Weights, tf.Tensor], tf.Tensor>;

  /**
   * @param weights tensors that outlive the call; `close` frees them
   * @param forward float32[B,16,16,3] in [-1, 1] to float32[B,width]
   */
  constructor(
    weights: Weights,
    forward: (weights: Weights, images: tf.Tensor) => tf.Tensor,
    { name, width }: { readonly name: string; readonly width: number },
  ) {
    this.weights = weights;
    this.width = width;
    this.extract = compile((own: Weights, images: tf.Tensor) => forward(own, images), { name });
  }

  /**
   * @param images uint8[N,16,16,3]
   * @returns float32[N,width], row-major
   */
  features(images: Uint8Array): Float32Array {
    const count = images.length / imageBytes;
    const result = new Float32Array(count * this.width);
    for (let first = 0; first < count; first += smallFeatureBatch) {
      const part = images.subarray(first * imageBytes, Math.min(first + smallFeatureBatch, count) * imageBytes);
      const values = freeingAll(() => {
        const pixels = tf.tensor4d(
          Float32Array.from(part, (u) => u / 127.5 - 1),
          [part.length / imageBytes, resolution, resolution, 3],
        );
        return this.extract(this.weights, pixels).dataSync();
      });
      result.set(values, first * this.width);
    }
    return result;
  }

  close(): void {
    this.extract.dispose();
    tf.dispose(Object.values(this.weights));
  }
}
