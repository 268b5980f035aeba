/** @file Gaussian given by its moments; checks that a matrix is a covariance. */
import { DataError, described } from '../../core/errors.ts';
import { firstNotFinite } from './finite.ts';
import { forEachBelowDiagonal } from './products.ts';

/** A Gaussian by its moments; `n` is the number of samples behind it, where it is known. */
export interface Gaussian {
  readonly n?: number;
  /** float64[d] */
  readonly mean: Float64Array;
  /** float64[d, d] */
  readonly covariance: Float64Array;
}

/** Relative asymmetry that rounding of another tool may leave in a covariance; beyond it the matrix is wrong. */
const asymmetryShare = 1e-6;

/**
 * The covariance with rounding asymmetry averaged out; the same array where there is none.
 * @param where the set or file, for errors
 * @throws DataError on fewer than two samples, a shape that does not fit the mean, values that are not finite, asymmetry, or a negative variance
 */
export function requireCovariance(where: string, { n, mean, covariance }: Gaussian): Float64Array {
  const d = mean.length;
  const fail = (got: string, expected: string, remedy: string): never => {
    throw new DataError({ where, got: described(got), expected, remedy });
  };
  if (n !== undefined && n < 2)
    fail(
      n === 1 ? 'one sample' : `${n} samples`,
      'at least 2, because the covariance divides by n - 1',
      'Give more samples',
    );
  if (covariance.length !== d * d) {
    fail(
      `a covariance of ${covariance.length} numbers`,
      `${d} x ${d}, as the mean has ${d} features`,
      'Check the file',
    );
  }
  const badMean = firstNotFinite(mean);
  if (badMean >= 0) fail(`${mean[badMean]!} at ${badMean} of the mean`, 'finite numbers', 'Make the statistics again');
  const bad = firstNotFinite(covariance);
  if (bad >= 0) {
    fail(
      `${covariance[bad]!} at (${Math.floor(bad / d)}, ${bad % d}) of the covariance`,
      'finite numbers',
      'Make the statistics again',
    );
  }
  for (let i = 0; i < d; i++) {
    if (covariance[i * d + i]! < 0) throw indefinite(where, `a variance of ${covariance[i * d + i]!} at ${i}`);
  }
  const { i, j, size } = largestAsymmetry(covariance, d);
  if (size > asymmetryShare * largestVariance(covariance, d)) {
    fail(
      `${covariance[j * d + i]!} at (${j}, ${i}) and ${covariance[i * d + j]!} at (${i}, ${j})`,
      'a symmetric covariance',
      'Make the statistics again',
    );
  }
  return size === 0 ? covariance : symmetrised(covariance, d);
}

function largestAsymmetry(s: Float64Array, d: number): { i: number; j: number; size: number } {
  let worst = { i: 0, j: 0, size: 0 };
  forEachBelowDiagonal(d, (i, j) => {
    const size = Math.abs(s[i * d + j]! - s[j * d + i]!);
    if (size > worst.size) worst = { i, j, size };
  });
  return worst;
}

function symmetrised(s: Float64Array, d: number): Float64Array {
  const out = Float64Array.from(s);
  forEachBelowDiagonal(d, (i, j) => {
    const middle = s[i * d + j]! + (s[j * d + i]! - s[i * d + j]!) / 2;
    out[i * d + j] = middle;
    out[j * d + i] = middle;
  });
  return out;
}

/** The refusal of a matrix with a negative direction. */
export function indefinite(where: string, got: string): DataError {
  return new DataError({
    where,
    got: described(`a covariance with ${got}`),
    expected: 'no negative eigenvalue beyond rounding',
    remedy: 'Make the statistics again: this is not the covariance of any samples',
  });
}

/** The largest entry on the diagonal: the scale of everything else. */
export function largestVariance(s: Float64Array, d: number): number {
  let largest = 0;
  for (let i = 0; i < d; i++) largest = Math.max(largest, s[i * d + i]!);
  return largest;
}
