/** @file Eigenvalues of symmetric matrices against closed forms. */
import { describe, expect, it } from 'vitest';
import { eigenvalues } from '../../../harness/metrics/linalg/eigenvalues.ts';
import { gram } from '../../../harness/metrics/linalg/products.ts';
import { largestDifference, normalMatrix, withEigenvalues } from './matrices.ts';

/** A few rounding errors of a matrix of norm one, per dimension. */
const perDimension = 4 * Number.EPSILON;

describe('eigenvalues', () => {
  it('are the diagonal of a diagonal matrix, sorted', () => {
    expect(eigenvalues(Float64Array.of(3, 0, 0, 0, -1, 0, 0, 0, 2), 3)).toEqual(Float64Array.of(-1, 2, 3));
    expect(eigenvalues(Float64Array.of(7), 1)).toEqual(Float64Array.of(7));
    expect(eigenvalues(new Float64Array(16), 4)).toEqual(new Float64Array(4));
  });

  it('are a ± b for [[a, b], [b, a]]', () => {
    expect(largestDifference(eigenvalues(Float64Array.of(2, 5, 5, 2), 2), [-3, 7])).toBeLessThan(1e-14);
  });

  it.each([3, 10, 101])('are 2 - 2 cos(pi j / (d + 1)) for the second difference at d = %d', (d) => {
    const a = new Float64Array(d * d);
    for (let i = 0; i < d; i++) {
      a[i * d + i] = 2;
      if (i > 0) a[i * d + i - 1] = a[(i - 1) * d + i] = -1;
    }
    const exact = Array.from({ length: d }, (_, j) => 2 - 2 * Math.cos((Math.PI * (j + 1)) / (d + 1)));
    expect(largestDifference(eigenvalues(a, d), exact)).toBeLessThan(perDimension * 4 * d);
  });

  it('survive a reflection, clusters and ten decades of scale included', () => {
    const clustered = Float64Array.from({ length: 90 }, (_, i) => 2 ** -(i % 5));
    expect(largestDifference(eigenvalues(withEigenvalues(clustered, 10), 90), clustered.toSorted())).toBeLessThan(
      perDimension * 90,
    );
    const graded = Float64Array.from({ length: 60 }, (_, i) => 10 ** (-i / 6));
    expect(largestDifference(eigenvalues(withEigenvalues(graded, 11), 60), graded.toSorted())).toBeLessThan(
      perDimension * 60,
    );
  });

  it('keep the small ones of a graded matrix to ten digits, whatever the order of its rows', () => {
    const scales = [1e-8, 1, 1e-4, 1e-6, 1e-2];
    const base = gram(normalMatrix(20, 5, 12), 20, 5);
    const graded = base.map((value, at) => value * scales[Math.floor(at / 5)]! * scales[at % 5]!);
    const values = eigenvalues(graded, 5);
    const sorted = [0, 3, 2, 4, 1];
    const again = eigenvalues(
      graded.map((_, at) => graded[sorted[Math.floor(at / 5)]! * 5 + sorted[at % 5]!]!),
      5,
    );
    for (let i = 0; i < 5; i++) expect(Math.abs(values[i]! / again[i]! - 1)).toBeLessThan(1e-10);
    // The determinant is the product of all eigenvalues: it is right only if the smallest is.
    const product = values.reduce((all, value) => all * value, 1);
    const plain = eigenvalues(base, 5).reduce((all, value) => all * value, 1);
    expect(Math.abs(product / (plain * scales.reduce((all, s) => all * s * s, 1)) - 1)).toBeLessThan(1e-6);
  });

  it('keep trace and sum of squares of a random matrix', () => {
    const d = 120;
    const a = gram(normalMatrix(d, d, 13), d, d);
    const values = eigenvalues(a, d);
    let trace = 0;
    for (let i = 0; i < d; i++) trace += a[i * d + i]!;
    const squares = a.reduce((sum, value) => sum + value * value, 0);
    expect(Math.abs(values.reduce((sum, value) => sum + value, 0) / trace - 1)).toBeLessThan(1e-13);
    expect(Math.abs(values.reduce((sum, value) => sum + value * value, 0) / squares - 1)).toBeLessThan(1e-13);
  });

  it('scale with the matrix far beyond the range of its squares', () => {
    const plain = eigenvalues(Float64Array.of(2, 1, 0, 1, 3, 1, 0, 1, 4), 3);
    for (const scale of [1e-200, 1e200]) {
      const scaled = eigenvalues(
        Float64Array.of(2, 1, 0, 1, 3, 1, 0, 1, 4).map((value) => value * scale),
        3,
      );
      expect(
        largestDifference(
          scaled.map((value) => value / scale),
          plain,
        ),
      ).toBeLessThan(1e-14);
    }
  });

  it('refuse a matrix that is not finite', () => {
    expect(() => eigenvalues(Float64Array.of(1, NaN, NaN, 1), 2)).toThrow(
      'eigenvalues: got no convergence of eigenvalue 1 of 2 in 60 sweeps, expected a finite symmetric matrix. Check the covariance for entries that are not finite.',
    );
    expect(() => eigenvalues(Float64Array.of(Infinity), 1)).toThrow(
      'eigenvalues: got eigenvalues that are not finite, expected a finite symmetric matrix. Check the covariance for entries that are not finite.',
    );
  });
});
