/**
 * @file Cholesky factorisation: blocked for positive definite matrices, pivoted for rank-deficient ones.
 *
 * It is plain TypeScript.
 */
import { accumulateRowProducts } from './products.ts';

const blockColumns = 48;

/**
 * Lower triangular L with a = L Lᵀ, by block columns.
 * Source: Golub & Van Loan, "Matrix Computations", 4th ed., section 4.2.6 (block Cholesky by products).
 * @param a symmetric float64[d, d]; only its lower triangle is read
 * @returns undefined when a pivot is not positive
 */
export function cholesky(a: Float64Array, d: number): Float64Array | undefined {
  const l = Float64Array.from(a);
  for (let first = 0; first < d; first += blockColumns) {
    const end = Math.min(d, first + blockColumns);
    const panel = { data: l, offset: first * d + first, stride: d, rows: d - first };
    const left = { data: l, offset: first * d, stride: d, rows: d - first };
    accumulateRowProducts(panel, left, { ...left, rows: end - first }, 0, first, -1, 0);
    if (!factorPanel(l, d, first, end)) return undefined;
  }
  for (let i = 0; i < d; i++) l.fill(0, i * d + i + 1, (i + 1) * d);
  return l;
}

/** Columns [first, end) from row `first` down, once everything to their left is done. */
function factorPanel(l: Float64Array, d: number, first: number, end: number): boolean {
  for (let i = first; i < d; i++) {
    for (let j = first; j < Math.min(i + 1, end); j++) {
      let sum = l[i * d + j]!;
      for (let p = first; p < j; p++) sum -= l[i * d + p]! * l[j * d + p]!;
      if (i > j) l[i * d + j] = sum / l[j * d + j]!;
      else if (sum > 0) l[i * d + i] = Math.sqrt(sum);
      else return false;
    }
  }
  return true;
}

export interface RankFactor {
  /** float64[d, rank] with a = factor factorᵀ + rest. */
  readonly factor: Float64Array;
  readonly rank: number;
  /** Smallest diagonal entry of the rest; far below zero when `a` is indefinite. */
  readonly restMin: number;
}

/**
 * Cholesky with complete pivoting: takes the largest remaining diagonal entry until it is at most `tolerance`, so that the rank
 * shows itself and the zero eigenvalues leave no noise.
 * Source: Higham, "Accuracy and Stability of Numerical Algorithms", 2nd ed., section 10.3.
 * @param a symmetric float64[d, d]
 */
export function pivotedCholesky(a: Float64Array, d: number, tolerance: number): RankFactor {
  const l = new Float64Array(d * d);
  const rest = Float64Array.from({ length: d }, (_, i) => a[i * d + i]!);
  let rank = 0;
  for (; rank < d; rank++) {
    const pivot = indexOfLargest(rest);
    const root = Math.sqrt(rest[pivot]!);
    if (!(rest[pivot]! > tolerance)) break;
    for (let i = 0; i < d; i++) {
      let entry = a[i * d + pivot]!;
      for (let p = 0; p < rank; p++) entry -= l[i * d + p]! * l[pivot * d + p]!;
      entry /= root;
      l[i * d + rank] = entry;
      rest[i]! -= entry * entry;
    }
    // Exactly zero by construction; rounding must not bring the same pivot back.
    rest[pivot] = 0;
  }
  const factor = new Float64Array(d * rank);
  for (let i = 0; i < d; i++) factor.set(l.subarray(i * d, i * d + rank), i * rank);
  return { factor, rank, restMin: rest.reduce((least, value) => Math.min(least, value), Infinity) };
}

function indexOfLargest(values: Float64Array): number {
  let at = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[at]!) at = i;
  return at;
}
