/** @file Quantiles of the values of a row. */

/**
 * Linear between the order statistics: position p (n - 1).
 * Source: Hyndman & Fan, The American Statistician 50 (1996), definition 7.
 */
export function quantile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = p * (sorted.length - 1);
  const below = Math.floor(at);
  const [low, high] = [sorted[below]!, sorted[Math.min(below + 1, sorted.length - 1)]!];
  return low + (at - below) * (high - low);
}
