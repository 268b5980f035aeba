/** @file Wilcoxon's signed-rank test of paired differences; Hodges-Lehmann estimate and its interval. */
import type { Interval } from '../../judge/statistics.ts';
import { erfc } from '../../method/error-function.ts';

/** Up to so many pairs the null distribution is counted; above it is taken as normal, with continuity correction. */
const mostCounted = 50;

export interface SignedRank {
  /** W+, the sum of the ranks of |d| over positive differences; equal |d| share their mean rank. */
  readonly positive: number;
  /** Differences that are not zero: only these are ranked. */
  readonly used: number;
  /** One-sided, P(W+ at least as large): small where the differences are above zero. */
  readonly above: number;
  /** One-sided, P(W+ at least as small). */
  readonly below: number;
  /** 2 min(above, below), at most 1. */
  readonly twoSided: number;
}

/**
 * Tests that the differences are symmetric about zero: each is positive or negative with probability 1/2, given its size. Zeros are left out.
 * Exact for up to 50 used differences, ties included: the distribution is that of the ranks as they are.
 * Source: Wilcoxon, Biometrics Bulletin 1 (1945); ties and zeros as Hollander, Wolfe & Chicken, Nonparametric Statistical Methods (2014), 3.1.
 */
export function signedRank(differences: readonly number[]): SignedRank {
  const sizes = differences.filter((value) => value !== 0).sort((a, b) => Math.abs(a) - Math.abs(b));
  const used = sizes.length;
  // Twice the rank is a whole number where a rank need not be one.
  const ranks = doubledRanks(sizes);
  const positive = sizes.reduce((sum, value, i) => sum + (value > 0 ? ranks[i]! : 0), 0);
  const total = used * (used + 1);
  const tail = used <= mostCounted ? countedTail(ranks) : normalTail(ranks);
  const above = tail(positive);
  const below = tail(total - positive);
  return { positive: positive / 2, used, above, below, twoSided: Math.min(1, 2 * Math.min(above, below)) };
}

function doubledRanks(sizes: readonly number[]): Int32Array {
  const ranks = new Int32Array(sizes.length);
  for (let from = 0; from < sizes.length;) {
    let to = from + 1;
    while (to < sizes.length && Math.abs(sizes[to]!) === Math.abs(sizes[from]!)) to += 1;
    ranks.fill(from + 1 + to, from, to);
    from = to;
  }
  return ranks;
}

/** P(sum of the ranks with positive sign >= s), by counting the choices of signs: 2^50 of them are still whole numbers of a float64. */
function countedTail(ranks: Int32Array): (sum: number) => number {
  const ways = waysOf(ranks);
  const all = 2 ** ranks.length;
  return (sum) => {
    let count = 0;
    for (let s = sum; s < ways.length; s++) count += ways[s]!;
    return count / all;
  };
}

/** Choices of signs by the sum of the positive ranks. */
function waysOf(ranks: Int32Array): Float64Array {
  const ways = new Float64Array(ranks.reduce((sum, rank) => sum + rank, 0) + 1);
  ways[0] = 1;
  let reached = 0;
  for (const rank of ranks) {
    reached += rank;
    for (let s = reached; s >= rank; s--) ways[s]! += ways[s - rank]!;
  }
  return ways;
}

/** The same by a normal distribution of mean sum(r) / 2 and variance sum(r^2) / 4, corrected by half a rank. */
function normalTail(doubled: Int32Array): (sum: number) => number {
  const mean = doubled.reduce((sum, rank) => sum + rank, 0) / 2;
  const sd = Math.sqrt(doubled.reduce((sum, rank) => sum + rank * rank, 0)) / 2;
  return (sum) => normalAbove((sum - 1 - mean) / sd);
}

function normalAbove(z: number): number {
  return erfc(z / Math.SQRT2) / 2;
}

/** By alpha, then by count. */
const criticalSums = new Map<number, number[]>();

/**
 * The smallest c with P(W+ >= c) <= alpha for `count` differences without ties; one more than all ranks together where no sum is so rare.
 * @param alpha one-sided
 */
export function criticalRankSum(count: number, alpha: number): number {
  const ofAlpha = criticalSums.get(alpha) ?? [];
  criticalSums.set(alpha, ofAlpha);
  const known = ofAlpha[count];
  if (known !== undefined) return known;
  const tail = plainTail(count);
  const all = (count * (count + 1)) / 2;
  let c = all + 1;
  while (c > 0 && tail(c - 1) <= alpha) c -= 1;
  ofAlpha[count] = c;
  return c;
}

/** P(W+ >= c) for `count` differences without ties. */
function plainTail(count: number): (sum: number) => number {
  const plain = Int32Array.from({ length: count }, (_, i) => i + 1);
  if (count <= mostCounted) return countedTail(plain);
  const doubled = normalTail(plain.map((rank) => 2 * rank));
  return (sum) => doubled(2 * sum);
}

/**
 * The n (n + 1) / 2 averages (d_i + d_j) / 2, i <= j, of differences that are added one by one, kept in ascending order.
 * W+ is the number of those above zero, so every answer of the signed-rank test for shifted differences can be read off them.
 * Source: Walsh, Annals of Mathematical Statistics 20 (1949); Hodges & Lehmann, ibid. 34 (1963).
 */
export class WalshAverages {
  /** In the order added. */
  readonly differences: number[] = [];
  private sorted: number[] = [];
  private averages = new Float64Array(0);

  constructor(differences: readonly number[] = []) {
    for (const value of differences) this.add(value);
  }

  get count(): number {
    return this.differences.length;
  }

  add(value: number): void {
    this.differences.push(value);
    const at = this.sorted.findIndex((other) => other > value);
    this.sorted.splice(at < 0 ? this.sorted.length : at, 0, value);
    const old = this.averages;
    const merged = new Float64Array(old.length + this.sorted.length);
    let i = 0;
    let k = 0;
    for (const other of this.sorted) {
      const average = (other + value) / 2;
      while (i < old.length && old[i]! <= average) merged[k++] = old[i++]!;
      merged[k++] = average;
    }
    merged.set(old.subarray(i), k);
    this.averages = merged;
  }

  /** The median of the averages: the shift that leaves the differences most symmetric about zero; NaN without differences. */
  get estimate(): number {
    const { length } = this.averages;
    const upper = this.averages[length >> 1] ?? NaN;
    return length % 2 === 1 ? upper : (this.averages[(length >> 1) - 1]! + upper) / 2;
  }

  /** The shift above which the one-sided test at `alpha` says "above zero" of the shifted differences; null where so few can never say it. */
  shiftToAlarm(alpha: number): number | null {
    const critical = criticalRankSum(this.count, alpha);
    const average = this.averages[this.averages.length - critical];
    return average === undefined ? null : -average;
  }

  /**
   * The interval of the shift that contains it with at least the wanted confidence whatever the distribution, if it is symmetric; its own
   * `confidence` is the probability that it does so. With too few differences it spans all of them, at the confidence that this has.
   * Source: Hollander, Wolfe & Chicken (2014), 3.3; as `wilcox.test(conf.int = TRUE)` of R for exact distributions.
   */
  interval(wanted: number): Interval {
    const all = this.averages.length;
    const critical = Math.min(criticalRankSum(this.count, (1 - wanted) / 2), all);
    return {
      low: this.averages[all - critical] ?? NaN,
      high: this.averages[critical - 1] ?? NaN,
      confidence: achieved(this.count, critical),
    };
  }
}

/** By count, then by critical sum. */
const achievedConfidences = new Map<number, number[]>();

function achieved(count: number, critical: number): number {
  const ofCount = achievedConfidences.get(count) ?? [];
  achievedConfidences.set(count, ofCount);
  return (ofCount[critical] ??= Math.max(0, 1 - 2 * plainTail(count)(critical)));
}
