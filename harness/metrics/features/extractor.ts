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
  /** Most images of a pass. */
  readonly batchImages: number;
  /** Most images that `extract` takes at once: those of a pass in each process that extracts. */
  readonly imagesAtOnce: number;
  readonly outputs: readonly ExtractorOutput[];
  /** @param pixels uint8[count, height, width, 3] */
  extract(pixels: Uint8Array, height: number, width: number): ExtractedBatch;
  close(): void;
}

/** Lets other processes take their share of the passes; the features are those of one process. */
export type Spread = (extractor: FeatureExtractor) => FeatureExtractor;

export const inThisProcess: Spread = (extractor) => extractor;

/**
 * The features of any number of square images.
 * @param images uint8[N,side,side,3]
 * @returns float32[N,pool], row-major
 */
export function featuresOf(extractor: FeatureExtractor, images: Uint8Array, side: number): Float32Array {
  const imageBytes = side ** 2 * 3;
  const { imagesAtOnce, widths } = extractor;
  const rows = new Float32Array((images.length / imageBytes) * widths.pool);
  for (let first = 0; first * imageBytes < images.length; first += imagesAtOnce) {
    const part = images.subarray(first * imageBytes, (first + imagesAtOnce) * imageBytes);
    rows.set(extractor.extract(part, side, side).pool, first * widths.pool);
  }
  return rows;
}
