/**
 * @file Feature rows, one per image, in memory or in a file.
 *
 * They are read in blocks, so that no metric holds all of them.
 */
import { createNamelessFile, type OpenFile } from '../../system/files/open-file.ts';
import { requireTemporaryFolder } from '../../system/files/writable-folder.ts';
import { DataError, described } from '../../core/errors.ts';
import type { FeatureExtractor } from './extractor.ts';
import { firstNotFinite } from '../linalg/finite.ts';

/** Finite rows, numbered from 0 in the order of the images. */
export interface FeatureRows {
  readonly n: number;
  /** Features per row. */
  readonly d: number;
  /** float64[end - first, d] */
  range(first: number, end: number): Float64Array;
  /** float64[indices.length, d], in that order; an index may occur more than once. */
  pick(indices: ArrayLike<number>): Float64Array;
}

/**
 * Rows that are all in memory.
 * @param values float32 or float64[n, d]
 * @throws DataError when the length is no multiple of d, or on the first value that is not finite
 */
export function memoryRows(values: Float32Array | Float64Array, d: number): FeatureRows {
  requireWholeRows(values, d);
  requireFinite(values, d);
  return {
    n: values.length / d,
    d,
    range: (first, end) => Float64Array.from(values.subarray(first * d, end * d)),
    pick: (indices) => {
      const out = new Float64Array(indices.length * d);
      for (let i = 0; i < indices.length; i++) {
        const row = indices[i]!;
        out.set(values.subarray(row * d, (row + 1) * d), i * d);
      }
      return out;
    },
  };
}

/** @throws DataError when the temporary folder has no room for the features of so many images */
export function requireRoomForRows(images: number, { pool, logits = 0 }: FeatureExtractor['widths']): void {
  requireTemporaryFolder(images * (pool + logits) * 4);
}

/**
 * Rows in a temporary file of float32: 50,000 rows of 2,048 features take 410 MB of disk and no memory.
 * The file has no name, and is gone when it is closed or the process ends, whatever ends it.
 */
export class RowFile implements FeatureRows {
  readonly d: number;
  private readonly file: OpenFile;
  private rows = 0;

  constructor(d: number, parent?: string) {
    this.d = d;
    this.file = createNamelessFile('consistency-features-', parent);
  }

  get n(): number {
    return this.rows;
  }

  /** Adds whole rows; nothing is added when one of them is not finite. */
  add(values: Float32Array): void {
    requireWholeRows(values, this.d);
    requireFinite(values, this.d, this.rows);
    this.file.writeAt(this.rows * this.d * 4, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    this.rows += values.length / this.d;
  }

  range(first: number, end: number): Float64Array {
    return Float64Array.from(this.stored(first, end));
  }

  pick(indices: ArrayLike<number>): Float64Array {
    const out = new Float64Array(indices.length * this.d);
    for (let i = 0; i < indices.length; i++) out.set(this.stored(indices[i]!, indices[i]! + 1), i * this.d);
    return out;
  }

  close(): void {
    this.file.close();
  }

  private stored(first: number, end: number): Float32Array {
    const values = new Float32Array((end - first) * this.d);
    if (this.file.readAt(first * this.d * 4, new Uint8Array(values.buffer)) === values.byteLength) return values;
    throw new DataError({
      where: this.file.path,
      got: described(`rows up to ${this.rows}`),
      expected: `rows ${first} to ${end - 1}`,
      remedy: 'Do not touch the file while it is in use',
    });
  }
}

/** @throws DataError when the numbers are no whole rows, or rows have no columns */
export function requireWholeRows(rows: Float32Array | Float64Array, d: number): void {
  if (Number.isSafeInteger(d) && d >= 1 && rows.length % d === 0) return;
  throw new DataError({
    where: 'features',
    got: described(`${rows.length} numbers`),
    expected: `whole rows of ${d} features`,
    remedy: 'Check the shape of the features',
  });
}

/** @throws DataError naming the first value that is not finite. @param before rows that came earlier */
export function requireFinite(rows: Float32Array | Float64Array, d: number, before = 0): void {
  const bad = firstNotFinite(rows);
  if (bad < 0) return;
  throw new DataError({
    where: 'features',
    got: described(`${rows[bad]!} in row ${before + Math.floor(bad / d)}, column ${bad % d}`),
    expected: 'finite numbers',
    remedy: 'Find the sample that produced it: a metric over the others would describe another set',
  });
}

/** @throws DataError when two sets were not made by one extractor */
export function requireSameWidth(where: string, first: FeatureRows, second: FeatureRows): void {
  if (first.d === second.d) return;
  throw new DataError({
    where,
    got: described(`rows of ${first.d} and ${second.d} features`),
    expected: 'the same number of features in both sets',
    remedy: 'Use one extractor for both',
  });
}
