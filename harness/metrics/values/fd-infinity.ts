/**
 * @file Fréchet distance extrapolated to infinitely many samples.
 *
 * The fit shows how far the value can be trusted.
 */
import { DataError, described } from '../../core/errors.ts';
import { HostRandom } from '../../core/random.ts';
import { frechetDistance, type WhenSingular } from './frechet.ts';
import type { Gaussian } from '../linalg/gaussian.ts';
import { momentsOf } from '../linalg/moments.ts';
import type { FeatureRows } from '../features/rows.ts';
import type { Algebra } from '../linalg/algebra.ts';

/** A straight line FD = value + slope / N through the measured points. */
export interface Extrapolation {
  readonly value: number;
  readonly slope: number;
  readonly residualSumOfSquares: number;
  /** 1 - residual / total sum of squares; 1 where all points are equal. */
  readonly rSquared: number;
}

export interface FdInfinity extends Extrapolation {
  readonly sizes: readonly number[];
  /** Distance of each subset, in the order of `sizes`. */
  readonly distances: Float64Array;
  /** Eigenvalues clamped over all subsets; 0 unless clamping was asked for. */
  readonly clampedCount: number;
}

/**
 * Measures subsets of generated rows against a reference and extrapolates 1/N -> 0.
 * Source: Chong & Forsyth, "Effectively unbiased FID and Inception Score", 2020, section 4; dgm-eval `fd.py` for spacing and model.
 * @param subsets row indices of each subset; sizes must differ
 * @throws DataError when all subsets have one size, and as `frechetDistance`, for a subset of N <= D among others
 */
export function fdInfinity(
  reference: Gaussian,
  generated: FeatureRows,
  subsets: readonly ArrayLike<number>[],
  algebra: Algebra,
  whenSingular: WhenSingular = 'refuse',
): FdInfinity {
  const sizes = subsets.map((subset) => subset.length);
  requireTwoSizes(sizes);
  let clampedCount = 0;
  const distances = Float64Array.from(subsets, (subset) => {
    const distance = frechetDistance(momentsOf(generated, algebra, subset), reference, algebra, whenSingular);
    clampedCount += distance.clampedCount;
    return distance.value;
  });
  return { ...fitInverseSize(sizes, distances), sizes, distances, clampedCount };
}

/** Ordinary least squares of FD on 1/N. @throws DataError when all sizes are equal */
export function fitInverseSize(sizes: readonly number[], distances: ArrayLike<number>): Extrapolation {
  requireTwoSizes(sizes);
  const count = sizes.length;
  const x = Float64Array.from(sizes, (size) => 1 / size);
  const y = Float64Array.from(distances);
  const meanX = x.reduce((sum, value) => sum + value, 0) / count;
  const meanY = y.reduce((sum, value) => sum + value, 0) / count;
  let sxx = 0;
  let sxy = 0;
  let total = 0;
  for (let i = 0; i < count; i++) {
    sxx += (x[i]! - meanX) ** 2;
    sxy += (x[i]! - meanX) * (y[i]! - meanY);
    total += (y[i]! - meanY) ** 2;
  }
  const slope = sxy / sxx;
  const value = meanY - slope * meanX;
  let residualSumOfSquares = 0;
  for (let i = 0; i < count; i++) residualSumOfSquares += (y[i]! - meanY - slope * (x[i]! - meanX)) ** 2;
  return { value, slope, residualSumOfSquares, rSquared: total === 0 ? 1 : 1 - residualSumOfSquares / total };
}

/** Points of the fit. Source: dgm-eval `fd.py` and FID_infinity. */
export const fitPoints = 15;

/** `fitPoints` sizes evenly spaced from `smallest` to n, truncated to integers. Source: dgm-eval `fd.py` (5,000 for 50,000 samples). */
export function fitSizes(n: number, smallest: number, points = fitPoints): number[] {
  return Array.from({ length: points }, (_, i) => Math.floor(smallest + ((n - smallest) * i) / (points - 1)));
}

/** Row indices of each size, drawn without replacement and named by (seed, subset): dgm-eval draws from an unseeded generator. */
export function drawFitSubsets(n: number, sizes: readonly number[], seed: number): Uint32Array[] {
  return sizes.map((size, i) => new HostRandom(seed, 'metrics-subset', i).permutation(n).slice(0, size));
}

function requireTwoSizes(sizes: readonly number[]): void {
  if (new Set(sizes).size >= 2 && sizes.every((size) => size > 0)) return;
  throw new DataError({
    where: 'FD-infinity',
    got: described(sizes.length === 0 ? 'no subsets' : `subsets of ${[...new Set(sizes)].join(', ')} samples only`),
    expected: 'at least two different sizes, because the slope over 1/N is undefined otherwise',
    remedy: 'Ask for subsets of different sizes',
  });
}
