/** @file Cholesky factors: exact small cases, products at sizes around the block, and what a lost rank shows. */
import { describe, expect, it } from 'vitest';
import { cholesky, pivotedCholesky } from '../../../harness/metrics/linalg/cholesky.ts';
import { gram, timesTransposed } from '../../../harness/metrics/linalg/products.ts';
import { largestDifference, normalMatrix, withEigenvalues } from './matrices.ts';

describe('cholesky', () => {
  it('gives the exact factor of an integer matrix', () => {
    // L = [[2, 0, 0], [1, 3, 0], [-1, 2, 1]]
    expect(cholesky(Float64Array.of(4, 2, -2, 2, 10, 5, -2, 5, 6), 3)).toEqual(
      Float64Array.of(2, 0, 0, 1, 3, 0, -1, 2, 1),
    );
  });

  it.each([1, 47, 48, 49, 96, 130])('multiplies back to the matrix at %d dimensions', (d) => {
    const a = gram(normalMatrix(2 * d, d, d), 2 * d, d);
    const l = cholesky(a, d)!;
    expect(largestDifference(timesTransposed(l, l, d, d, d), a)).toBeLessThan(1e-11 * d);
    for (let i = 0; i < d; i++) expect(l.subarray(i * d + i + 1, (i + 1) * d).every((entry) => entry === 0)).toBe(true);
  });

  it('gives nothing for an indefinite and for a singular matrix', () => {
    expect(cholesky(Float64Array.of(1, 2, 2, 1), 2)).toBeUndefined();
    expect(cholesky(Float64Array.of(1, 1, 1, 1), 2)).toBeUndefined();
    expect(cholesky(Float64Array.of(NaN), 1)).toBeUndefined();
  });
});

describe('pivotedCholesky', () => {
  it('finds the rank and multiplies back', () => {
    const d = 40;
    const a = gram(normalMatrix(12, d, 8), 12, d);
    const { factor, rank, restMin } = pivotedCholesky(a, d, 1e-11);
    expect(rank).toBe(12);
    expect(largestDifference(timesTransposed(factor, factor, d, d, rank), a)).toBeLessThan(1e-11);
    expect(Math.abs(restMin)).toBeLessThan(1e-11);
  });

  it('has rank 0 for the zero matrix and full rank where all is well', () => {
    expect(pivotedCholesky(new Float64Array(9), 3, 1e-12).rank).toBe(0);
    expect(pivotedCholesky(withEigenvalues(Float64Array.of(1, 2, 3, 4), 9), 4, 1e-12).rank).toBe(4);
  });

  it('leaves a negative rest of an indefinite matrix', () => {
    expect(pivotedCholesky(Float64Array.of(1, 2, 2, 1), 2, 1e-12)).toMatchObject({ rank: 1, restMin: -3 });
  });
});
