/** @file Finds lasting changes of a series by E-divisive, with permutations that a seed decides. */
import { namedKey, PhiloxRandom } from '../../core/philox.ts';

export interface ChangePointOptions {
  /** Values of a segment, at least: fewer cannot be told from an outlier. */
  readonly minSegment: number;
  /** A split is kept where its p-value is at most this. */
  readonly alpha: number;
  readonly permutations: number;
  readonly seed: number;
  /** Of the series: two series draw different permutations. */
  readonly name: string;
}

/** Five nights make a segment; one split in a hundred unchanged series. */
export const usualChangePoints = { minSegment: 5, alpha: 0.01, permutations: 999 } as const;

export interface Split {
  /** Index of the first value after the change. */
  readonly index: number;
  /** The energy statistic. */
  readonly q: number;
}

/**
 * Where the series changes: indices of the first values after each change, ascending. Segments are split at the largest statistic of all of them,
 * as long as at most a share `alpha` of the series whose values are permuted within their segments has as large a one.
 * Source: Matteson & James, Journal of the American Statistical Association 109 (2014), with exponent 1; p-value (count + 1) / (R + 1).
 */
export function changePoints(values: readonly number[], options: ChangePointOptions): number[] {
  const { alpha, permutations, seed, name } = options;
  const found: number[] = [];
  for (;;) {
    const bounds = [0, ...found, values.length];
    const segments = bounds.slice(1).map((end, i) => values.slice(bounds[i], end));
    const best = bestOf(segments, options.minSegment);
    if (!best) return found;
    const allowed = Math.floor(alpha * (permutations + 1)) - 1;
    let asLarge = 0;
    for (let i = 0; i < permutations && asLarge <= allowed; i++) {
      const random = new PhiloxRandom(namedKey(seed, 'change-points', name, found.length), i);
      const permuted = segments.map((segment) => [...random.permutation(segment.length)].map((at) => segment[at]!));
      if (bestOf(permuted, options.minSegment)!.q >= best.q) asLarge += 1;
    }
    if (asLarge > allowed) return found;
    found.push(best.index);
    found.sort((a, b) => a - b);
  }
}

function bestOf(segments: readonly (readonly number[])[], minSegment: number): Split | null {
  let best: Split | null = null;
  let start = 0;
  for (const segment of segments) {
    const split = bestSplit(segment, minSegment);
    if (split && (!best || split.q > best.q)) best = { index: start + split.index, q: split.q };
    start += segment.length;
  }
  return best;
}

/**
 * The split of one segment with the largest statistic over all tau and kappa: X is its first tau values, Y those from tau to kappa, n and m their
 * numbers; Q = 2 / (n + m) sum |x - y| - 2 m / ((n + m)(n - 1)) sum |x - x'| - 2 n / ((n + m)(m - 1)) sum |y - y'|, sums over pairs.
 * Source: Matteson & James (2014), equations 5 to 7. Values that follow kappa do not hide a change before it.
 * @returns null where the segment is shorter than two of the shortest
 */
export function bestSplit(values: readonly number[], minSegment: number): Split | null {
  const count = values.length;
  if (count < 2 * minSegment) return null;
  const width = count + 1;
  // sums[i * width + j]: all |a - b| of the first i values with the first j.
  const sums = new Float64Array(width * width);
  for (let i = 1; i <= count; i++) {
    let row = 0;
    for (let j = 1; j <= count; j++) {
      row += Math.abs(values[i - 1]! - values[j - 1]!);
      sums[i * width + j] = sums[(i - 1) * width + j]! + row;
    }
  }
  const pairs = (i: number, j: number): number => sums[i * width + j]!;
  let best: Split = { index: minSegment, q: -Infinity };
  for (let tau = minSegment; tau <= count - minSegment; tau++) {
    const within = pairs(tau, tau);
    for (let kappa = tau + minSegment; kappa <= count; kappa++) {
      const [n, m] = [tau, kappa - tau];
      const between = pairs(tau, kappa) - within;
      const after = pairs(kappa, kappa) - 2 * pairs(tau, kappa) + within;
      const first = n > 1 ? (m * within) / (n - 1) : 0;
      const second = m > 1 ? (n * after) / (m - 1) : 0;
      const q = (2 * between - first - second) / (n + m);
      if (q > best.q) best = { index: tau, q };
    }
  }
  return best;
}

/** One night's value of a row. */
export interface NightValue {
  /** Beginning of the night, ISO 8601. */
  readonly begun: string;
  readonly commit: string;
  readonly value: number;
}

export interface NightChange {
  /** Index of the first night after the change. */
  readonly index: number;
  /** Its beginning. */
  readonly night: string;
  /** The last commit measured before the change and the first after it; one where both are the same: then it was not the code. */
  readonly commits: readonly string[];
  /** Median after over median before - 1, of the segments on either side. */
  readonly change: number;
}

/** Lasting changes of a row over its nights, oldest first, on logarithms where all values are positive. */
export function changesOver(nights: readonly NightValue[], row: string, seed: number): NightChange[] {
  const values = nights.map(({ value }) => value);
  const scaled = values.every((value) => value > 0) ? values.map(Math.log) : values;
  const found = changePoints(scaled, { ...usualChangePoints, seed, name: row });
  return found.map((index, i) => {
    const before = values.slice(found[i - 1] ?? 0, index);
    const after = values.slice(index, found[i + 1]);
    return {
      index,
      night: nights[index]!.begun,
      commits: [...new Set([nights[index - 1]!.commit, nights[index]!.commit])],
      change: median(after) / median(before) - 1,
    };
  });
}

/** The middle value, or the mean of the two middle ones; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[sorted.length >> 1] ?? NaN;
  return sorted.length % 2 === 1 ? upper : (sorted[(sorted.length >> 1) - 1]! + upper) / 2;
}
