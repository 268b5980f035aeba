/** @file Kernel Inception Distance: squared maximum mean discrepancy, polynomial kernel, over subsets. */
import { DataError, described } from '../../core/errors.ts';
import { requireSameWidth, type FeatureRows } from '../features/rows.ts';
import type { Algebra } from '../linalg/algebra.ts';
import { NumpyRandomState } from './numpy-random.ts';

/** k(x, y) = (gamma x·y + coef0)^degree, degree a whole number from 1 on; gamma null: 1 / d. */
export interface PolynomialKernel {
  readonly degree: number;
  readonly gamma: number | null;
  readonly coef0: number;
}

export interface KidProtocol {
  readonly kernel: PolynomialKernel;
  readonly subsets: number;
  readonly subsetSize: number;
  /** Seed of NumPy's RandomState, from which A's and B's rows are drawn in turn, each subset without replacement. */
  readonly seed: number;
}

/** Source: torch-fidelity 0.4.0 defaults (`kid_subsets`, `kid_subset_size`, `rng_seed`); clean-fid uses the same kernel and sizes. */
export const torchFidelityKid: KidProtocol = {
  kernel: { degree: 3, gamma: null, coef0: 1 },
  subsets: 100,
  subsetSize: 1000,
  seed: 2020,
};

export interface Subset {
  readonly a: ArrayLike<number>;
  readonly b: ArrayLike<number>;
}

export interface Kid {
  readonly mean: number;
  /** Over subsets, divided by their number. */
  readonly std: number;
  readonly perSubset: Float64Array;
}

/**
 * Mean and spread of the unbiased MMD^2 of the subsets. A value may be negative: it is unbiased and is not clamped.
 * Source: Bińkowski et al., "Demystifying MMD GANs", 2018, section 4 and eq. 4.
 * Deviation: float64; torch-fidelity and clean-fid run it in float32, which alters the sixth digit.
 * @throws DataError when a subset has fewer than two rows, and as `drawSubsets`
 */
export function kid(
  a: FeatureRows,
  b: FeatureRows,
  subsets: readonly Subset[],
  kernel: PolynomialKernel,
  algebra: Algebra,
): Kid {
  requireSameWidth('KID', a, b);
  if (subsets.length === 0) throw refusal('no subsets', 'at least one', 'Ask for more subsets');
  const perSubset = Float64Array.from(subsets, (subset) =>
    unbiased(kernelSums(picked(a, subset.a), picked(b, subset.b), kernel, algebra)),
  );
  const mean = perSubset.reduce((sum, value) => sum + value, 0) / perSubset.length;
  const variance = perSubset.reduce((sum, value) => sum + (value - mean) ** 2, 0) / perSubset.length;
  return { mean, std: Math.sqrt(variance), perSubset };
}

/**
 * The subsets that torch-fidelity would draw: A's rows, then B's, from one RandomState.
 * @throws DataError when a subset would be larger than a set (clean-fid shrinks it silently) or smaller than two
 */
export function drawSubsets(nA: number, nB: number, { subsets, subsetSize, seed }: KidProtocol): Subset[] {
  if (subsetSize > Math.min(nA, nB)) {
    throw refusal(
      `subsets of ${subsetSize} from sets of ${nA} and ${nB}`,
      'subsets no larger than the smaller set',
      'Give more samples or ask for smaller subsets',
    );
  }
  requirePairs(subsetSize);
  const random = new NumpyRandomState(seed);
  return Array.from({ length: subsets }, () => {
    const a = random.choice(nA, subsetSize);
    return { a, b: random.choice(nB, subsetSize) };
  });
}

/** MMD^2 of all rows: unbiased (no row is compared with itself) and biased (the plain mean of the kernel). */
export function mmd2(
  a: FeatureRows,
  b: FeatureRows,
  kernel: PolynomialKernel,
  algebra: Algebra,
): { readonly unbiased: number; readonly biased: number } {
  requireSameWidth('KID', a, b);
  const sums = kernelSums(a, b, kernel, algebra);
  return { unbiased: unbiased(sums), biased: biased(sums) };
}

/** Sums of k over the ordered pairs of rows of one set; `diagonal`: over the pairs of a row with itself. */
interface SumsWithin {
  readonly all: number;
  readonly diagonal: number;
}

interface KernelSums {
  readonly nA: number;
  readonly nB: number;
  readonly aa: SumsWithin;
  readonly bb: SumsWithin;
  /** Over all pairs of a row of A and a row of B. */
  readonly ab: number;
}

function unbiased({ nA, nB, aa, bb, ab }: KernelSums): number {
  requirePairs(Math.min(nA, nB));
  const within = (sum: SumsWithin, n: number): number => (sum.all - sum.diagonal) / (n * (n - 1));
  return within(aa, nA) + within(bb, nB) - (2 * ab) / (nA * nB);
}

function biased({ nA, nB, aa, bb, ab }: KernelSums): number {
  return aa.all / (nA * nA) + bb.all / (nB * nB) - (2 * ab) / (nA * nB);
}

function kernelSums(a: FeatureRows, b: FeatureRows, kernel: PolynomialKernel, algebra: Algebra): KernelSums {
  const k = (product: number): number => power((kernel.gamma ?? 1 / a.d) * product + kernel.coef0, kernel.degree);
  const aa = sumsWithin(a, k, algebra);
  // Other sums of the same numbers would leave a set some rounding away from itself.
  if (a === b) return { nA: a.n, nB: a.n, aa, bb: aa, ab: aa.all };
  return { nA: a.n, nB: b.n, aa, bb: sumsWithin(b, k, algebra), ab: sumAcross(a, b, k, algebra) };
}

/** Rows per tile of the kernel matrix: no more than 1024 x 1024 of it exist at a time. */
const tileRows = 1024;

/** k as a function of x·y. */
type Kernel = (product: number) => number;

function sumAcross(a: FeatureRows, b: FeatureRows, k: Kernel, algebra: Algebra): number {
  let sum = 0;
  for (const rows of tilesOf(a)) for (const columns of tilesOf(b)) sum += tileSum(rows, columns, a.d, k, algebra);
  return sum;
}

/** As the kernel is symmetric, pairs of different rows count twice. */
function sumsWithin(a: FeatureRows, k: Kernel, algebra: Algebra): SumsWithin {
  let diagonal = 0;
  let below = 0;
  let tile = 0;
  for (const rows of tilesOf(a)) {
    const n = rows.length / a.d;
    const products = algebra.lowerGramOfRows(rows, n, a.d);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < i; j++) below += k(products[i * n + j]!);
      diagonal += k(products[i * n + i]!);
    }
    for (const columns of tilesOf(a, tile)) below += tileSum(rows, columns, a.d, k, algebra);
    tile += 1;
  }
  return { all: 2 * below + diagonal, diagonal };
}

/** Rows tile by tile, of the first `tiles` tiles. */
function* tilesOf(rows: FeatureRows, tiles = Infinity): Generator<Float64Array, void> {
  const end = Math.min(rows.n, tiles * tileRows);
  for (let i = 0; i < end; i += tileRows) yield rows.range(i, Math.min(end, i + tileRows));
}

function tileSum(rows: Float64Array, columns: Float64Array, d: number, k: Kernel, algebra: Algebra): number {
  let sum = 0;
  for (const product of algebra.timesTransposed(rows, columns, rows.length / d, columns.length / d, d))
    sum += k(product);
  return sum;
}

// One KID has hundreds of millions of kernel values: `**` takes minutes for them, products take seconds.
function power(base: number, degree: number): number {
  let product = base;
  for (let factor = 1; factor < degree; factor++) product *= base;
  return product;
}

function picked(rows: FeatureRows, indices: ArrayLike<number>): FeatureRows {
  const values = rows.pick(indices);
  return {
    n: indices.length,
    d: rows.d,
    range: (first, end) => values.subarray(first * rows.d, end * rows.d),
    pick: (inner) => rows.pick(Array.from(inner, (i) => indices[i]!)),
  };
}

function requirePairs(rows: number): void {
  if (rows >= 2) return;
  throw refusal(
    `a subset of ${rows}`,
    'at least 2 rows, because the unbiased estimate divides by m (m - 1)',
    'Ask for larger subsets',
  );
}

function refusal(got: string, expected: string, remedy: string): DataError {
  return new DataError({ where: 'KID', got: described(got), expected, remedy });
}
