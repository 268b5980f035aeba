/**
 * @file Collects features in one pass over the images: moments, rows if needed, hash of the images.
 *
 * The moments take constant memory, and the rows go to disk.
 */
import { createHash } from 'node:crypto';
import { DataError, described } from '../../core/errors.ts';
import type { FeatureExtractor } from './extractor.ts';
import { RowFile, type FeatureRows } from './rows.ts';
import type { ScoredImages } from './images.ts';
import type { Algebra } from '../linalg/algebra.ts';
import { MomentsAccumulator, type Moments } from '../linalg/moments.ts';

/** What every metric is computed from. `close` removes the rows from the disk. */
export interface FeatureSet {
  readonly name: string;
  readonly count: number;
  readonly height: number;
  readonly width: number;
  /** sha256 of the pixels in order. */
  readonly imagesSha256: string;
  readonly extractor: FeatureExtractor['identity'];
  readonly batchImages: number;
  /** @throws DataError below two images */
  readonly pool: () => Moments;
  /** Null where the extractor gives no spatial features. */
  readonly spatial: (() => Moments) | null;
  /** Features of every image; null unless they were kept. */
  readonly rows: FeatureRows | null;
  /** Null where the extractor gives none. */
  readonly logits: FeatureRows | null;
  readonly close: () => void;
}

export interface CollectOptions {
  readonly algebra: Algebra;
  /** Whether the features of every image are kept: KID, neighbour metrics and FD-infinity need them. */
  readonly keepRows: boolean;
  /** At most so many images, from the first on. */
  readonly limit?: number;
  readonly onImages?: (done: number) => void;
}

/** @throws DataError when features are not finite (row and column are named) or the source gives no whole images */
export async function collectFeatures(
  images: ScoredImages,
  extractor: FeatureExtractor,
  options: CollectOptions,
): Promise<FeatureSet> {
  const { widths } = extractor;
  const pool = new MomentsAccumulator(widths.pool, options.algebra);
  const spatial = given(extractor, 'spatial')
    ? new MomentsAccumulator(widthOf(extractor, 'spatial'), options.algebra)
    : null;
  const rows = options.keepRows ? new RowFile(widths.pool) : null;
  const logits = given(extractor, 'logits') ? new RowFile(widthOf(extractor, 'logits')) : null;
  const close = (): void => {
    rows?.close();
    logits?.close();
  };
  const hash = createHash('sha256');
  const imageBytes = images.height * images.width * 3;
  const limit = options.limit ?? Infinity;
  let count = 0;
  try {
    for await (const whole of images.batches(extractor.imagesAtOnce)) {
      const pixels = whole.subarray(0, (limit - count) * imageBytes);
      if (pixels.length === 0) break;
      const batch = extractor.extract(pixels, images.height, images.width);
      pool.add(batch.pool);
      rows?.add(batch.pool);
      if (batch.spatial) spatial?.add(batch.spatial);
      if (batch.logits) logits?.add(batch.logits);
      hash.update(pixels);
      count += pixels.length / imageBytes;
      options.onImages?.(count);
    }
  } catch (thrown) {
    close();
    throw thrown;
  }
  return {
    name: images.name,
    count,
    height: images.height,
    width: images.width,
    imagesSha256: hash.digest('hex'),
    extractor: extractor.identity,
    batchImages: extractor.batchImages,
    pool: () => pool.finish(),
    spatial: spatial ? () => spatial.finish() : null,
    rows,
    logits,
    close,
  };
}

function given(extractor: FeatureExtractor, output: 'logits' | 'spatial'): boolean {
  return extractor.outputs.includes(output);
}

function widthOf(extractor: FeatureExtractor, output: 'logits' | 'spatial'): number {
  const width = extractor.widths[output];
  if (width !== undefined) return width;
  throw new DataError({
    where: extractor.identity.extractor,
    got: described(`no ${output}`),
    expected: `an extractor with ${output}`,
    remedy: 'Leave that output out',
  });
}
