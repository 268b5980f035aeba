/**
 * @file Error function in double precision, which JavaScript lacks.
 *
 * p(i) is a difference of nearly equal values of it.
 */

/** Where the series gives way to the continued fraction; both have 15 digits on either side. */
const crossover = 2.5;

/**
 * `erf(x) = 2/sqrt(pi) integral_0^x exp(-t^2) dt`, with an absolute error below 1e-15.
 * Source: Abramowitz & Stegun, 7.1.6 (series) and 7.1.14 (continued fraction).
 */
export function erf(x: number): number {
  if (Number.isNaN(x)) return NaN;
  const size = Math.abs(x);
  return Math.sign(x) * (size < crossover ? erfSeries(size) : 1 - erfcFraction(size));
}

/**
 * `erfc(x) = 1 - erf(x)`, with a relative error below 3e-15 for x to 5 and about 1e-16 x^2 beyond; it underflows at 26.6.
 * Source: Abramowitz & Stegun, 7.1.6 (series) and 7.1.14 (continued fraction).
 */
export function erfc(x: number): number {
  if (Number.isNaN(x)) return NaN;
  if (x < 0) return 1 + erf(-x);
  return x < 1 ? 1 - erfSeries(x) : erfcFraction(x);
}

/** `erf(x) = 2/sqrt(pi) exp(-x^2) sum_n 2^n x^(2n+1) / (1 3 5 ... (2n+1))`: every term is positive, so nothing cancels. */
function erfSeries(x: number): number {
  let term = x;
  let total = x;
  for (let n = 1; term > total * 1e-17; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    total += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * total;
}

/**
 * `sqrt(pi) exp(x^2) erfc(x) = 1/(x + (1/2)/(x + 1/(x + (3/2)/(x + ...))))`, evaluated from the inside with as many
 * terms as 16 digits need at this x.
 */
function erfcFraction(x: number): number {
  let tail = x;
  for (let n = Math.ceil(12 + 180 / (x * x)); n >= 1; n--) tail = x + n / 2 / tail;
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * tail);
}
