/** @file Interface of a feature network: batches of uint8 images in, rows of features out. */
import type { ExtractorIdentity } from '../../score/identity.ts';

/** Outputs besides the features themselves. */
export type ExtractorOutput = 'logits' | 'spatial';

/** float32 rows, one per image. */
export interface ExtractedBatch {
  readonly pool: Float32Array;
  readonly logits?: Float32Array;
  readonly spatial?: Float32Array;
}

export interface FeatureExtractor {
  readonly identity: ExtractorIdentity;
  /** Columns of each output. */
  readonly widths: { readonly pool: number; readonly logits?: number; readonly spatial?: number };
  /** Most images that `extract` takes at once. */
  readonly batchImages: number;
  readonly outputs: readonly ExtractorOutput[];
  /** @param pixels uint8[count, height, width, 3] */
  extract(pixels: Uint8Array, height: number, width: number): ExtractedBatch;
  close(): void;
}
