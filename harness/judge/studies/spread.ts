/** @file Parts the spread of a score into that of retraining and that of redrawing the same weights. */
import { incompleteBeta } from '../student-t.ts';
import { meanOf, type Interval } from '../statistics.ts';

/** Standard deviations of a score, in its own units. */
export interface Spread {
  /** Over draws of latents from the same weights. */
  readonly redrawing: number;
  /** Over seeds, what redrawing adds taken out; zero where the seeds differ no more than their draws. Null with one seed. */
  readonly retraining: number | null;
  /** retraining / redrawing; null with one seed, or where the draws of every seed are equal. */
  readonly ratio: number | null;
  /** Of the ratio; null where there is none, or where seeds have unequal numbers of draws. */
  readonly interval: Interval | null;
}

/**
 * One-way random effects: y_ij = m + b_i + e_ij of seed i and draw j. redrawing^2 = MS_within, retraining^2 = (MS_between - MS_within) / n0 with
 * n0 = (N - sum n_i^2 / N) / (a - 1). With n draws of each of a seeds, MS_between / MS_within / (1 + n ratio^2) has an F distribution with a - 1 and
 * a (n - 1) degrees of freedom, by which the interval is exact if both scatter normally.
 * Source: Searle, Casella & McCulloch, Variance Components (1992), sections 3.5 and 3.6.
 * @param draws the values of each seed
 * @returns null where no seed was drawn twice
 */
export function spreadOf(draws: readonly (readonly number[])[], confidence: number): Spread | null {
  const total = draws.flat().length;
  const within = total - draws.length;
  if (within <= 0) return null;
  const means = draws.map(meanOf);
  const meanSquareWithin = sum(draws.map((values, i) => squares(values, means[i]!))) / within;
  const redrawing = Math.sqrt(meanSquareWithin);
  if (draws.length === 1) return { redrawing, retraining: null, ratio: null, interval: null };
  const between = draws.length - 1;
  const grand = meanOf(draws.flat());
  const meanSquareBetween = sum(draws.map(({ length }, i) => length * (means[i]! - grand) ** 2)) / between;
  const n0 = (total - sum(draws.map(({ length }) => length ** 2)) / total) / between;
  const retraining = Math.sqrt(Math.max(0, meanSquareBetween - meanSquareWithin) / n0);
  if (redrawing === 0) return { redrawing, retraining, ratio: null, interval: null };
  const balanced = draws.every(({ length }) => length === draws[0]!.length);
  const bound = (above: number): number => {
    const quotient = meanSquareBetween / meanSquareWithin / fQuantile(above, between, within);
    return Math.sqrt(Math.max(0, quotient - 1) / n0);
  };
  const outside = (1 - confidence) / 2;
  const interval = balanced ? { low: bound(outside), high: bound(1 - outside), confidence } : null;
  return { redrawing, retraining, ratio: retraining / redrawing, interval };
}

/** The f that an F with these degrees of freedom exceeds with probability `above`. */
function fQuantile(above: number, numerator: number, denominator: number): number {
  // P(F >= f) = I_x(d2 / 2, d1 / 2) at x = d2 / (d2 + d1 f). Source: Abramowitz & Stegun 26.6.2.
  const tail = (f: number): number => {
    const whole = denominator + numerator * f;
    return incompleteBeta(denominator / whole, (numerator * f) / whole, denominator / 2, numerator / 2);
  };
  let low = 0;
  let high = 1;
  while (tail(high) > above) high *= 2;
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) return middle;
    if (tail(middle) > above) low = middle;
    else high = middle;
  }
}

function squares(values: readonly number[], mean: number): number {
  return sum(values.map((value) => (value - mean) ** 2));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
