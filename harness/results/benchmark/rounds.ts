/** @file Medians of paired rounds, and the interval of their ratio. */
import { HostRandom } from '../../core/random.ts';

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** The middle value, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle) - 1]!) / 2;
}

/** Fewer rounds than this say little about medians. */
export const fewestRounds = 16;
const redraws = 2000;
/** The part of the redraws below the interval, and above it. */
const tail = 0.025;

/**
 * The 95 % interval of median(over) / median(under) of paired rounds, by drawing rounds with replacement, both values of a round together.
 * Source: Efron & Tibshirani, An Introduction to the Bootstrap (1993), chapter 13 (percentiles).
 * @returns null where the rounds are too few, or not as many on both sides
 */
export function ratioInterval(over: readonly number[], under: readonly number[]): Interval | null {
  if (over.length < fewestRounds || over.length !== under.length) return null;
  const ratios = Float64Array.from({ length: redraws }, (_, redraw) => {
    const random = new HostRandom(0, 'bootstrap', redraw);
    const rounds = over.map(() => random.below(over.length));
    return median(rounds.map((round) => over[round]!)) / median(rounds.map((round) => under[round]!));
  }).sort();
  return { low: ratios[Math.floor(tail * redraws)]!, high: ratios[Math.ceil((1 - tail) * redraws) - 1]! };
}
