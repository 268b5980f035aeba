/** @file The exact sign-flip test of paired differences, and Holm's correction of several p-values. */

/** Above this many pairs the signs are not enumerated: half of them would be 2^20 sums. */
const mostPairs = 40;

/**
 * The share of the 2^n ways to choose the signs of n differences whose sum is at least as far from zero as the one observed: the two-sided
 * p-value if each difference is as likely positive as negative. It is never below 2^(1-n), so six pairs are the fewest that can reach 0.05.
 * Source: Fisher, The Design of Experiments (1935), section 21; counted by the sums of two halves.
 * @returns null for more than 40 differences
 */
export function signFlipPValue(differences: readonly number[]): number | null {
  if (differences.length > mostPairs) return null;
  const half = differences.length >> 1;
  const [first, second] = [sortedSums(differences.slice(0, half)), sortedSums(differences.slice(half))];
  const magnitude = differences.reduce((sum, value) => sum + Math.abs(value), 0);
  // The observed signs must count themselves, whatever the order of the sums rounds to.
  const observed = Math.abs(differences.reduce((sum, value) => sum + value, 0)) - 1e-12 * magnitude;
  if (observed <= 0) return 1;
  let count = 0;
  let from = second.length;
  for (const sum of first) {
    while (from > 0 && second[from - 1]! >= observed - sum) from -= 1;
    count += second.length - from;
  }
  return (2 * count) / 2 ** differences.length;
}

/** Sums of the differences with all choices of signs, ascending. */
function sortedSums(differences: readonly number[]): Float64Array {
  const sums = new Float64Array(2 ** differences.length);
  differences.forEach((value, i) => {
    const known = 2 ** i;
    for (let k = 0; k < known; k++) {
      sums[known + k] = sums[k]! - value;
      sums[k]! += value;
    }
  });
  return sums.sort();
}

/**
 * Adjusted p-values of a family of tests: claiming those at most alpha makes a single false claim with probability at most alpha, whatever the
 * tests have in common.
 * Source: Holm, Scandinavian Journal of Statistics 6 (1979).
 */
export function holmAdjusted(pValues: readonly number[]): number[] {
  const order = pValues.map((_, i) => i).sort((a, b) => pValues[a]! - pValues[b]!);
  const adjusted = new Array<number>(pValues.length);
  let largest = 0;
  order.forEach((i, rank) => {
    largest = Math.max(largest, Math.min(1, (pValues.length - rank) * pValues[i]!));
    adjusted[i] = largest;
  });
  return adjusted;
}
