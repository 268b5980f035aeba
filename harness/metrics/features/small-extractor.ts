/** @file Extracts features of 16x16 images by a small network whose weights stay on the device. */
import * as tf from '@tensorflow/tfjs-core';
import { compile, type Compiled } from '../../engine/compile/compile.ts';
import { freeingAll } from '../../engine/ops.ts';
import type { ExtractorIdentity } from '../../score/identity.ts';
import type { ExtractedBatch, FeatureExtractor } from './extractor.ts';

/** Images per pass; the features of an image do not depend on it beyond rounding. */
export const smallFeatureBatch = 500;

type Weights = Readonly<Record<string, tf.Tensor>>;

interface SmallNetwork extends Pick<ExtractorIdentity, 'extractor' | 'extractorSha256'> {
  /** Features of an image. */
  readonly width: number;
}

export class SmallFeatureExtractor implements FeatureExtractor {
  readonly identity: ExtractorIdentity;
  readonly widths: { readonly pool: number };
  readonly batchImages = smallFeatureBatch;
  readonly imagesAtOnce = smallFeatureBatch;
  readonly outputs = [];
  private readonly weights: Weights;
  private readonly forward: Compiled<[Weights, tf.Tensor], tf.Tensor>;

  /**
   * @param weights tensors that outlive the call; `close` frees them
   * @param forward float32[B,16,16,3] in [-1, 1] to float32[B,width]
   */
  constructor(
    weights: Weights,
    forward: (weights: Weights, images: tf.Tensor) => tf.Tensor,
    { extractor, extractorSha256, width }: SmallNetwork,
  ) {
    this.identity = { extractor, extractorSha256, resize: 'none', dtype: 'float32' };
    this.widths = { pool: width };
    this.weights = weights;
    this.forward = compile((own: Weights, images: tf.Tensor) => forward(own, images), {
      name: extractor.replaceAll('-', '_'),
    });
  }

  /** @param pixels uint8[count, height, width, 3] with at most `batchImages` images */
  extract(pixels: Uint8Array, height: number, width: number): ExtractedBatch {
    const scaled = Float32Array.from(pixels, (u) => u / 127.5 - 1);
    const pool = freeingAll(() => {
      const images = tf.tensor4d(scaled, [pixels.length / (height * width * 3), height, width, 3]);
      return this.forward(this.weights, images).dataSync<'float32'>();
    });
    return { pool };
  }

  close(): void {
    this.forward.dispose();
    tf.dispose(Object.values(this.weights));
  }
}
