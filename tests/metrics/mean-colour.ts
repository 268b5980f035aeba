/** @file A feature extractor that needs no engine: a few sums over the pixels, exact in float32. */
import type { FeatureExtractor } from '../../harness/metrics/features/extractor.ts';

/**
 * Features: means of red, green, blue and of the left half; logits: the same, scaled; spatial: means of the four quarters.
 * @param spoil an image number (over all calls) whose first feature becomes NaN
 */
export function meanColour(batchImages: number, spoil = -1): FeatureExtractor {
  let seen = 0;
  return {
    identity: { extractor: 'mean-colour', extractorSha256: 'c'.repeat(64), resize: 'none', dtype: 'float32' },
    widths: { pool: 4, logits: 4, spatial: 4 },
    batchImages,
    imagesAtOnce: batchImages,
    outputs: ['logits', 'spatial'],
    extract(pixels, height, width) {
      const imageBytes = height * width * 3;
      const count = pixels.length / imageBytes;
      const pool = new Float32Array(count * 4);
      const spatial = new Float32Array(count * 4);
      for (let i = 0; i < count; i++) {
        for (let p = 0; p < imageBytes; p++) {
          const value = pixels[i * imageBytes + p]! / (height * width);
          const x = Math.floor(p / 3) % width;
          const y = Math.floor(p / (3 * width));
          pool[i * 4 + (p % 3)]! += value;
          if (2 * x < width) pool[i * 4 + 3]! += value;
          spatial[i * 4 + 2 * Number(2 * y >= height) + Number(2 * x >= width)]! += value;
        }
        if (seen + i === spoil) pool[i * 4] = NaN;
      }
      seen += count;
      return { pool, spatial, logits: pool.map((value) => value / 16) };
    },
    close: () => undefined,
  };
}
