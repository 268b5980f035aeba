/** @file The Fréchet distance: closed forms, routes on lost rank, and every refusal. */
import { describe, expect, it } from 'vitest';
import { memoryRows } from '../../../harness/metrics/features/rows.ts';
import { frechetDistance } from '../../../harness/metrics/values/frechet.ts';
import type { Gaussian } from '../../../harness/metrics/linalg/gaussian.ts';
import { gram } from '../../../harness/metrics/linalg/products.ts';
import { typescriptAlgebra as algebra } from '../../../harness/metrics/linalg/typescript.ts';
import { momentsOf } from '../../../harness/metrics/linalg/moments.ts';
import { normalMatrix, withEigenvalues } from '../linalg/matrices.ts';

function diagonal(mean: number[], variances: number[], n?: number): Gaussian {
  const d = variances.length;
  const covariance = new Float64Array(d * d);
  variances.forEach((variance, i) => (covariance[i * d + i] = variance));
  return { mean: Float64Array.from(mean), covariance, ...(n === undefined ? {} : { n }) };
}

function sampled(n: number, d: number, seed: number): Gaussian {
  return momentsOf(memoryRows(normalMatrix(n, d, seed), d), algebra);
}

describe('closed forms', () => {
  it('is (m1 - m2)^2 + (s1 - s2)^2 in one dimension', () => {
    expect(frechetDistance(diagonal([2], [4], 10), diagonal([0.5], [9], 20), algebra)).toEqual({
      value: 3.25,
      meanTerm: 2.25,
      traceTerm: 1,
      n: [10, 20],
      minEigenvalue: 36,
      clampedCount: 0,
      route: 'cholesky',
    });
  });

  it('is sum (sqrt a - sqrt b)^2 for commuting covariances', () => {
    const a = Float64Array.from({ length: 30 }, (_, i) => (i + 1) ** 2);
    const b = Float64Array.from({ length: 30 }, (_, i) => (31 - i) ** 2);
    const exact = a.reduce((sum, value, i) => sum + (Math.sqrt(value) - Math.sqrt(b[i]!)) ** 2, 0);
    const mean = new Float64Array(30);
    const distance = frechetDistance(
      { mean, covariance: withEigenvalues(a, 30) },
      { mean, covariance: withEigenvalues(b, 30) },
      algebra,
    );
    expect(Math.abs(distance.value / exact - 1)).toBeLessThan(1e-12);
  });

  it('does not depend on the order of the two, nor on a common rotation of the features', () => {
    const a = sampled(60, 8, 31);
    const b = sampled(70, 8, 32);
    const forth = frechetDistance(a, b, algebra).value;
    expect(Math.abs(frechetDistance(b, a, algebra).value - forth)).toBeLessThan(1e-13);
    const reversed = ({ mean, covariance, n }: Gaussian): Gaussian => ({
      n: n!,
      mean: mean.toReversed(),
      covariance: covariance.toReversed(),
    });
    expect(Math.abs(frechetDistance(reversed(a), reversed(b), algebra).value - forth)).toBeLessThan(1e-13);
  });

  it('is zero up to rounding, and is not lifted to it, for equal sets', () => {
    const a = sampled(200, 12, 33);
    expect(Math.abs(frechetDistance(a, a, algebra).value)).toBeLessThan(1e-13);
  });
});

describe('lost rank', () => {
  const few = sampled(6, 8, 34);
  const many = sampled(60, 8, 35);

  it('is refused, with the reason, for as few samples as features', () => {
    expect(() => frechetDistance(few, many, algebra)).toThrow(
      'Fréchet distance, first set: got 6 samples of 8 features, expected more samples than features, because their covariance has rank 5 at most. Give more samples, or ask for the clamped value, which is reported with its flag.',
    );
    expect(() => frechetDistance(many, few, algebra)).toThrow(/^Fréchet distance, second set: got 6 samples of 8/);
    expect(() => frechetDistance(many, { ...many, n: 8 }, algebra)).toThrow(/got 8 samples of 8 features/);
  });

  it('is refused for a covariance that has lost it with samples enough', () => {
    const constant = diagonal([0, 0, 0], [1, 0, 2], 100);
    const fine = diagonal([0, 0, 0], [1, 1, 1], 100);
    const text =
      'set: got a covariance of rank 2 in 3 dimensions, expected full rank in float64. Look for constant or repeated features, or ask for the clamped value, which is reported with its flag.';
    expect(() => frechetDistance(constant, fine, algebra)).toThrow(`Fréchet distance, first ${text}`);
    expect(() => frechetDistance(fine, constant, algebra)).toThrow(`Fréchet distance, second ${text}`);
  });

  it('is seen although rounding leaves a pivot above zero', () => {
    // The last feature is the sum of two others; in half of these sets plain Cholesky succeeds.
    let survived = 0;
    for (let seed = 100; seed < 110; seed++) {
      const x = normalMatrix(40, 4, seed);
      for (let i = 0; i < 40; i++) x[4 * i + 3] = x[4 * i]! + x[4 * i + 1]!;
      const dependent = momentsOf(memoryRows(x, 4), algebra);
      if (algebra.cholesky(dependent.covariance, 4)) survived += 1;
      expect(() => frechetDistance(dependent, sampled(40, 4, seed), algebra)).toThrow(/a covariance of rank 3 in 4/);
    }
    expect(survived).toBeGreaterThan(0);
  });

  it('is computed when asked for, and the eigenvalues taken as zero are counted', () => {
    const constant = diagonal([0, 0, 3], [4, 0, 9], 100);
    const fine = diagonal([0, 0, 0], [1, 1, 16], 100);
    // 9 + (2 - 1)^2 + (0 - 1)^2 + (3 - 4)^2
    expect(frechetDistance(constant, fine, algebra, 'clamp')).toMatchObject({
      value: 12,
      clampedCount: 1,
      route: 'cholesky-second',
    });
    expect(frechetDistance(fine, constant, algebra, 'clamp')).toMatchObject({
      value: 12,
      clampedCount: 1,
      route: 'cholesky',
    });
    expect(frechetDistance(constant, constant, algebra, 'clamp')).toMatchObject({
      value: 0,
      clampedCount: 1,
      route: 'pivoted-cholesky',
    });
  });

  it('has the value that vanishing noise approaches', () => {
    const exact = frechetDistance(few, many, algebra, 'clamp');
    expect(exact.clampedCount).toBe(3);
    const noisy = few.covariance.map((value, at) => value + (at % 9 === 0 ? 1e-12 : 0));
    const limit = frechetDistance({ mean: few.mean, covariance: noisy }, many, algebra);
    expect(limit.clampedCount).toBe(0);
    // Three directions of variance 1e-12 cost 2e-6 each at most.
    expect(Math.abs(limit.value - exact.value)).toBeLessThan(1e-5);
  });

  it('of both sets is measured in what they share', () => {
    const other = sampled(5, 8, 36);
    const distance = frechetDistance(few, other, algebra, 'clamp');
    expect(distance).toMatchObject({ route: 'pivoted-cholesky', clampedCount: 4 });
    expect(Math.abs(frechetDistance(other, few, algebra, 'clamp').value - distance.value)).toBeLessThan(1e-12);
  });

  it('of everything, a single repeated image, leaves the means and the other trace', () => {
    const point = diagonal([1, 1], [0, 0], 50);
    expect(frechetDistance(point, diagonal([0, 0], [2, 3], 50), algebra, 'clamp')).toMatchObject({
      value: 7,
      clampedCount: 2,
    });
    expect(frechetDistance(point, point, algebra, 'clamp')).toMatchObject({ value: 0, clampedCount: 2 });
  });
});

describe('refusals', () => {
  const fine = diagonal([0, 0], [1, 1]);
  const withCovariance = (...entries: number[]): Gaussian => ({
    mean: new Float64Array(2),
    covariance: Float64Array.from(entries),
  });

  it.each([
    [
      'means of different length',
      diagonal([0], [1]),
      'Fréchet distance: got means of 1 and 2 features, expected the same number of features on both sides. Use a reference made with the same extractor.',
    ],
    [
      'a covariance that does not fit the mean',
      withCovariance(1, 0, 0),
      'Fréchet distance, first set: got a covariance of 3 numbers, expected 2 x 2, as the mean has 2 features. Check the file.',
    ],
    [
      'a mean that is not finite',
      { ...fine, mean: Float64Array.of(0, Infinity) },
      'Fréchet distance, first set: got Infinity at 1 of the mean, expected finite numbers. Make the statistics again.',
    ],
    [
      'a covariance that is not finite',
      withCovariance(1, 0, NaN, 1),
      'Fréchet distance, first set: got NaN at (1, 0) of the covariance, expected finite numbers. Make the statistics again.',
    ],
    [
      'an asymmetric covariance',
      withCovariance(1, 0.5, 0, 1),
      'Fréchet distance, first set: got 0.5 at (0, 1) and 0 at (1, 0), expected a symmetric covariance. Make the statistics again.',
    ],
    [
      'a negative variance',
      withCovariance(1, 0, 0, -1),
      'Fréchet distance, first set: got a covariance with a variance of -1 at 1, expected no negative eigenvalue beyond rounding. Make the statistics again: this is not the covariance of any samples.',
    ],
    [
      'an indefinite covariance',
      withCovariance(1, 2, 2, 1),
      'Fréchet distance, first set: got a covariance with a negative part of size 3, expected no negative eigenvalue beyond rounding. Make the statistics again: this is not the covariance of any samples.',
    ],
    [
      'one sample',
      diagonal([0, 0], [1, 1], 1),
      'Fréchet distance, first set: got one sample, expected at least 2, because the covariance divides by n - 1. Give more samples.',
    ],
  ])('%s', (_what, broken, message) => {
    expect(() => frechetDistance(broken, fine, algebra)).toThrow(message);
    expect(() => frechetDistance(broken, fine, algebra, 'clamp')).toThrow(message);
  });

  it('forgives an asymmetry of rounding', () => {
    expect(frechetDistance(withCovariance(1, 1e-8, 0, 1), fine, algebra).value).toBeCloseTo(0, 12);
  });

  it('names an overflow instead of returning it', () => {
    const huge = diagonal([1e200, 0], [1, 1]);
    expect(() => frechetDistance(huge, fine, algebra)).toThrow(
      'Fréchet distance: got Infinity, expected a finite distance. Scale the features: their squares leave the range of float64.',
    );
  });

  it('works on covariances of a matrix product as well as on exact ones', () => {
    const x = normalMatrix(50, 20, 37);
    const s = gram(x, 50, 20).map((value) => value / 49);
    expect(frechetDistance({ mean: new Float64Array(20), covariance: s }, sampled(100, 20, 38), algebra).route).toBe(
      'cholesky',
    );
  });
});
