/** @file Statistics of a few seeds: mean, spread, t-intervals, paired and unpaired differences. */
import { described, ResultError } from '../core/errors.ts';
import { tQuantile, tTail } from './student-t.ts';

/** An interval that covers the mean at the stated confidence, if the values are independent and roughly normal. */
export interface Interval {
  readonly low: number;
  readonly high: number;
  /** Two-sided, such as 0.95. */
  readonly confidence: number;
}

export interface Summary {
  readonly count: number;
  readonly mean: number;
  /** Sample standard deviation (n - 1); null for one value, which has no spread. */
  readonly sd: number | null;
  readonly smallest: number;
  readonly largest: number;
  /** largest - smallest: the seed spread. */
  readonly range: number;
  /** t-interval of the mean; null for one value. */
  readonly interval: Interval | null;
}

/** A difference of means, with everything needed to judge it. */
export interface Difference {
  /** Mean of the second minus mean of the first. */
  readonly mean: number;
  /** Standard deviation of the paired differences, or the root of the summed variances when unpaired. */
  readonly sd: number;
  readonly degrees: number;
  readonly interval: Interval;
  /** Two-sided probability of a t at least as large if there were no difference; 1 when all values are equal. */
  readonly pValue: number;
}

/**
 * Count, mean, spread and t-interval: mean +- t(n - 1) sd / sqrt(n).
 * @throws ResultError on no value or a non-finite one
 */
export function summarise(values: readonly number[], confidence: number): Summary {
  requireFinite(values, 1);
  const mean = meanOf(values);
  const smallest = Math.min(...values);
  const largest = Math.max(...values);
  const shared = { count: values.length, mean, smallest, largest, range: largest - smallest };
  if (values.length === 1) return { ...shared, sd: null, interval: null };
  const sd = Math.sqrt(variance(values));
  return {
    ...shared,
    sd,
    interval: intervalAround(mean, sd / Math.sqrt(values.length), values.length - 1, confidence),
  };
}

/**
 * Where one further value of the same distribution would fall: mean +- t(n - 1) sd sqrt(1 + 1/n). A single published value of an equal method is
 * outside it with probability 1 - confidence.
 * Source: Hahn & Meeker, Statistical Intervals (1991), section 4.7.
 * @throws ResultError on fewer than two values or a non-finite one
 */
export function predictionInterval(values: readonly number[], confidence: number): Interval {
  requireFinite(values, 2);
  const error = Math.sqrt(variance(values) * (1 + 1 / values.length));
  return intervalAround(meanOf(values), error, values.length - 1, confidence);
}

/**
 * The difference second - first over pairs that share everything but the thing compared; half-width t(n - 1) sd_d / sqrt(n).
 * @throws ResultError on fewer than two pairs, unequal lengths or non-finite values
 */
export function pairedDifference(first: readonly number[], second: readonly number[], confidence: number): Difference {
  if (first.length !== second.length) {
    throw new ResultError({
      where: 'paired difference',
      got: described(`${first.length} and ${second.length} values`),
      expected: 'one value of each per seed',
      remedy: 'Leave out the seeds that only one of the two finished',
    });
  }
  const differences = second.map((value, i) => value - first[i]!);
  requireFinite(differences, 2);
  const sd = Math.sqrt(variance(differences));
  return judgeDifference(
    meanOf(differences),
    sd,
    sd / Math.sqrt(differences.length),
    differences.length - 1,
    confidence,
  );
}

/**
 * The difference second - first of two independent samples of unequal variances.
 * Source: Welch, Biometrika 34 (1947), with Satterthwaite's degrees of freedom.
 * @throws ResultError on fewer than two values in either or non-finite ones
 */
export function welchDifference(first: readonly number[], second: readonly number[], confidence: number): Difference {
  requireFinite(first, 2);
  requireFinite(second, 2);
  const a = variance(first) / first.length;
  const b = variance(second) / second.length;
  const degrees =
    a + b === 0
      ? first.length + second.length - 2
      : (a + b) ** 2 / (a ** 2 / (first.length - 1) + b ** 2 / (second.length - 1));
  const sd = Math.sqrt(variance(first) + variance(second));
  return judgeDifference(meanOf(second) - meanOf(first), sd, Math.sqrt(a + b), degrees, confidence);
}

/**
 * Expected value of the smallest of `draws` independent standard normal numbers: how much, in standard deviations, a number
 * that is the best of several is better than the mean.
 * E = integral of x n phi(x) (1 - Phi(x))^(n - 1), by Simpson's rule on [-12, 12]; within 1e-10.
 */
export function expectedMinimum(draws: number): number {
  if (!Number.isSafeInteger(draws) || draws < 1) {
    throw new ResultError({
      where: 'selection rule',
      got: draws,
      expected: 'a whole number of draws, at least 1',
      remedy: 'Say among how many the published number was chosen',
    });
  }
  const intervals = 4_800;
  const reach = 12;
  const width = (2 * reach) / intervals;
  let above = 1;
  let sum = 0;
  let densityBefore = normalDensity(-reach);
  for (let i = 1; i <= intervals; i++) {
    const x = -reach + i * width;
    const density = normalDensity(x);
    const densityBetween = normalDensity(x - width / 2);
    const halfway = above - (width / 24) * (5 * densityBefore + 8 * densityBetween - density);
    const integrand = (at: number, phi: number, tail: number): number =>
      at * draws * phi * Math.max(0, tail) ** (draws - 1);
    const next = above - (width / 6) * (densityBefore + 4 * densityBetween + density);
    sum +=
      (width / 6) *
      (integrand(x - width, densityBefore, above) +
        4 * integrand(x - width / 2, densityBetween, halfway) +
        integrand(x, density, next));
    above = next;
    densityBefore = density;
  }
  return sum;
}

/** The arithmetic mean; infinities and NaN pass through. */
export function meanOf(values: readonly number[]): number {
  const rough = values.reduce((sum, value) => sum + value, 0) / values.length;
  // A second pass takes away the rounding of the first: equal values then have exactly their value as mean.
  return rough + values.reduce((sum, value) => sum + (value - rough), 0) / values.length;
}

function variance(values: readonly number[]): number {
  const mean = meanOf(values);
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
}

function judgeDifference(mean: number, sd: number, error: number, degrees: number, confidence: number): Difference {
  const pValue = error > 0 ? tTail(mean / error, degrees) : mean === 0 ? 1 : 0;
  return { mean, sd, degrees, interval: intervalAround(mean, error, degrees, confidence), pValue };
}

function intervalAround(mean: number, error: number, degrees: number, confidence: number): Interval {
  const half = tQuantile(confidence, degrees) * error;
  return { low: mean - half, high: mean + half, confidence };
}

function normalDensity(x: number): number {
  return Math.exp(-(x * x) / 2) / Math.sqrt(2 * Math.PI);
}

function requireFinite(values: readonly number[], least: number): void {
  const bad = values.find((value) => !Number.isFinite(value));
  if (bad !== undefined) {
    throw new ResultError({
      where: 'statistics',
      got: bad,
      expected: 'finite values',
      remedy: 'Count a cell without a finite value as diverged or failed instead',
    });
  }
  if (values.length >= least) return;
  throw new ResultError({
    where: 'statistics',
    got: described(`${values.length} values`),
    expected: `at least ${least}`,
    remedy: 'Run more seeds',
  });
}
