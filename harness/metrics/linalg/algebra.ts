/**
 * @file Interface of the float64 linear algebra that the metrics use.
 *
 * There is a pure TypeScript implementation and the engine's.
 */

/**
 * Real matrices as row-major Float64Array. Results are new arrays; inputs are never written.
 * The TypeScript implementation is the independent check; the engine's is the fast one. They agree to rounding.
 */
export interface Algebra {
  /** Which implementation; part of every value's identity. */
  readonly id: 'typescript' | 'engine';

  /** a bᵀ. @param a float64[m, k] @param b float64[n, k] @returns float64[m, n] */
  timesTransposed(a: Float64Array, b: Float64Array, m: number, n: number, k: number): Float64Array;

  /** xᵀ x, exactly symmetric. @param x float64[rows, columns] @returns float64[columns, columns] */
  gram(x: Float64Array, rows: number, columns: number): Float64Array;

  /**
   * x xᵀ on the diagonal and below it; what stands above is not defined. Half the work of `timesTransposed`.
   * @param x float64[rows, columns] @returns float64[rows, rows]
   */
  lowerGramOfRows(x: Float64Array, rows: number, columns: number): Float64Array;

  /** lᵀ s l, exactly symmetric. @param l float64[d, rank] @param s symmetric float64[d, d] @returns float64[rank, rank] */
  sandwich(l: Float64Array, s: Float64Array, d: number, rank: number): Float64Array;

  /**
   * lᵀ s l for a lower triangular l, exactly symmetric: a third of the work of `sandwich`.
   * @param l lower triangular float64[d, d] @param s symmetric float64[d, d] @returns float64[d, d]
   */
  triangularSandwich(l: Float64Array, s: Float64Array, d: number): Float64Array;

  /**
   * Lower triangular L with a = L Lᵀ, zeros above the diagonal.
   * @param a symmetric float64[d, d]
   * @returns undefined when a pivot is not positive: `a` is not positive definite in float64.
   */
  cholesky(a: Float64Array, d: number): Float64Array | undefined;

  /** Eigenvalues in ascending order. @param a symmetric float64[d, d] @throws DataError when the iteration does not converge */
  eigenvalues(a: Float64Array, d: number): Float64Array;
}
