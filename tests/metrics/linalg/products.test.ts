/** @file Tiled matrix products against their definition, at sizes that leave every kind of edge. */
import { describe, expect, it } from 'vitest';
import { gram, sandwich, timesTransposed, transpose } from '../../../harness/metrics/linalg/products.ts';
import { largestDifference, normalMatrix, slowTimesTransposed } from './matrices.ts';

/** Sums of up to 1,300 products of standard normal numbers, in another order. */
const rounding = 1e-11;

describe('timesTransposed', () => {
  it.each([
    [1, 1, 1],
    [3, 3, 512],
    [4, 5, 7],
    [7, 2, 513],
    [10, 11, 1300],
    [2, 3, 0],
  ])('is a bᵀ at %d x %d over %d', (m, n, k) => {
    const a = normalMatrix(m, k, 1);
    const b = normalMatrix(n, k, 2);
    expect(largestDifference(timesTransposed(a, b, m, n, k), slowTimesTransposed(a, b, m, n, k))).toBeLessThan(
      rounding,
    );
  });
});

describe('gram', () => {
  it.each([
    [1, 4],
    [50, 7],
    [513, 10],
  ])('is xᵀ x of %d rows and %d columns, exactly symmetric', (rows, columns) => {
    const x = normalMatrix(rows, columns, 3);
    const xt = transpose(x, rows, columns);
    const product = gram(x, rows, columns);
    expect(largestDifference(product, slowTimesTransposed(xt, xt, columns, columns, rows))).toBeLessThan(rounding);
    expect(transpose(product, columns, columns)).toEqual(product);
  });
});

describe('sandwich', () => {
  function reference(l: Float64Array, s: Float64Array, d: number, rank: number): Float64Array {
    const lt = transpose(l, d, rank);
    return slowTimesTransposed(lt, slowTimesTransposed(lt, s, rank, d, d), rank, rank, d);
  }

  it.each([
    [5, 5],
    [60, 60],
    [101, 101],
  ])('is lᵀ s l for a lower triangular factor of %d rows', (d, rank) => {
    const s = gram(normalMatrix(d, d, 4), d, d);
    const l = normalMatrix(d, d, 5).map((value, at) => (at % d <= Math.floor(at / d) ? value : 0));
    const product = sandwich(l, s, d, rank);
    expect(largestDifference(product, reference(l, s, d, rank))).toBeLessThan(1e-8);
    expect(transpose(product, rank, rank)).toEqual(product);
  });

  it('is lᵀ s l for a full factor with fewer columns than rows', () => {
    const s = gram(normalMatrix(70, 70, 6), 70, 70);
    const l = normalMatrix(70, 20, 7);
    expect(largestDifference(sandwich(l, s, 70, 20), reference(l, s, 70, 20))).toBeLessThan(1e-8);
  });
});
