/** @file A Gaussian by its moments, and what makes a matrix no covariance. */
import { DataError, described } from '../core/errors.ts';

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
 * The covariance with rounding asymmetry averaged out.
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
  const badMean = mean.findIndex((value) => !Number.isFinite(value));
  if (badMean >= 0) fail(`${mean[badMean]!} at ${badMean} of the mean`, 'finite numbers', 'Make the statistics again');
  const bad = covariance.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    fail(
      `${covariance[bad]!} at (${Math.floor(bad / d)}, ${bad % d}) of the covariance`,
      'finite numbers',
      'Make the statistics again',
    );
  }
  const allowed = asymmetryShare * largestVariance(covariance, d);
  const out = new Float64Array(d * d);
  for (let i = 0; i < d; i++) {
    if (covariance[i * d + i]! < 0) {
      throw indefinite(where, `a variance of ${covariance[i * d + i]!} at ${i}`);
    }
    for (let j = 0; j <= i; j++) {
      const lower = covariance[i * d + j]!;
      const upper = covariance[j * d + i]!;
      if (Math.abs(lower - upper) > allowed) {
        fail(
          `${upper} at (${j}, ${i}) and ${lower} at (${i}, ${j})`,
          'a symmetric covariance',
          'Make the statistics again',
        );
      }
      out[i * d + j] = out[j * d + i] = lower + (upper - lower) / 2;
    }
  }
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
