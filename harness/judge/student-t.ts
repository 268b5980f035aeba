/** @file Student's t distribution: its tail and its quantiles, from the regularised incomplete beta function. */
import { HarnessError } from '../core/errors.ts';

/**
 * The t with P(|T| <= t) = `confidence` at `degrees` of freedom: half the width of a two-sided interval in standard errors.
 * Solved to the last bit that bisection can separate; within 1e-10 relative of published values.
 * @param confidence in (0, 1)
 * @param degrees positive, need not be whole (Welch)
 * @throws HarnessError outside these ranges
 */
export function tQuantile(confidence: number, degrees: number): number {
  if (!(confidence > 0 && confidence < 1)) {
    throw new HarnessError({
      where: 'confidence',
      got: confidence,
      expected: 'a number between 0 and 1',
      remedy: 'Choose a level such as 0.95',
    });
  }
  requireDegrees(degrees);
  const outside = 1 - confidence;
  let low = 0;
  let high = 1;
  while (tTail(high, degrees) > outside) high *= 2;
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) return middle;
    if (tTail(middle, degrees) > outside) low = middle;
    else high = middle;
  }
}

/**
 * P(|T| >= t): the two-sided p-value, I_x(nu / 2, 1 / 2) at x = nu / (nu + t^2).
 * Source: Abramowitz & Stegun, Handbook of Mathematical Functions, 26.7.1 and 26.5.27.
 * @param t any finite number or infinity
 * @param degrees nu, positive
 */
export function tTail(t: number, degrees: number): number {
  requireDegrees(degrees);
  if (!Number.isFinite(t)) return 0;
  const square = t * t;
  return incompleteBeta(degrees / (degrees + square), square / (degrees + square), degrees / 2, 0.5);
}

/**
 * The regularised incomplete beta function I_x(a, b); `rest` is 1 - x, passed because it may be far below epsilon.
 * Source: DLMF 8.17.22 (continued fraction) and 8.17.4 (reflection).
 */
export function incompleteBeta(x: number, rest: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (rest <= 0) return 1;
  const front = Math.exp(a * Math.log(x) + b * Math.log(rest) - logBeta(a, b));
  // The fraction converges fast only left of the mean; right of it the reflected one does.
  return x < (a + 1) / (a + b + 2) ? (front * betaFraction(x, a, b)) / a : 1 - (front * betaFraction(rest, b, a)) / b;
}

/** The continued fraction of I_x(a, b), by Lentz's method: terms until the product stops changing. */
function betaFraction(x: number, a: number, b: number): number {
  let c = 1;
  let d = away(1 - ((a + b) * x) / (a + 1));
  d = 1 / d;
  let product = d;
  for (let m = 1; m < 10_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away(1 + even * d);
    c = away(1 + even / c);
    product *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away(1 + odd * d);
    c = away(1 + odd / c);
    const factor = d * c;
    product *= factor;
    if (Math.abs(factor - 1) < 1e-16) break;
  }
  return product;
}

/** Lentz's method divides by running terms, so an exact zero is replaced by the smallest harmless number. */
function away(value: number): number {
  return Math.abs(value) < 1e-300 ? 1e-300 : value;
}

function logBeta(a: number, b: number): number {
  return logGamma(a) + logGamma(b) - logGamma(a + b);
}

/** ln Gamma(x) for x > 0. Source: Lanczos, SIAM J. Numer. Anal. B 1 (1964), with g = 7 and nine terms; about 1e-15 relative. */
export function logGamma(x: number): number {
  const terms = [
    676.520_368_121_885_1, -1_259.139_216_722_402_8, 771.323_428_777_653_1, -176.615_029_162_140_6,
    12.507_343_278_686_905, -0.138_571_095_265_720_12, 9.984_369_578_019_572e-6, 1.505_632_735_149_311_6e-7,
  ];
  let sum = 0.999_999_999_999_809_9;
  terms.forEach((term, i) => (sum += term / (x + i)));
  const shifted = x + 6.5;
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(shifted) - shifted + Math.log(sum);
}

function requireDegrees(degrees: number): void {
  if (degrees > 0 && Number.isFinite(degrees)) return;
  throw new HarnessError({
    where: 'degrees of freedom',
    got: degrees,
    expected: 'a positive finite number',
    remedy: 'Use at least two values',
  });
}
