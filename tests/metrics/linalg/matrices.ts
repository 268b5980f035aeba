/** @file Matrices with known properties for the tests of linear algebra. */
import { HostRandom } from '../../../harness/core/random.ts';

/** Standard normal float64[rows, columns], named by a seed. */
export function normalMatrix(rows: number, columns: number, seed: number): Float64Array {
  const random = new HostRandom(seed, 'bootstrap', 0);
  return Float64Array.from({ length: rows * columns }, () => random.normal());
}

/** Plain a bᵀ by its definition. */
export function slowTimesTransposed(a: Float64Array, b: Float64Array, m: number, n: number, k: number): Float64Array {
  const out = new Float64Array(m * n);
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) for (let p = 0; p < k; p++) out[i * n + j]! += a[i * k + p]! * b[j * k + p]!;
  return out;
}

/** H diag(e) H with the reflection H = 1 - 2 v vᵀ / vᵀv: symmetric, with eigenvalues e. */
export function withEigenvalues(e: Float64Array, seed: number): Float64Array {
  const d = e.length;
  const v = normalMatrix(1, d, seed);
  const vv = v.reduce((sum, value) => sum + value * value, 0);
  const q = v.reduce((sum, value, k) => sum + e[k]! * value * value, 0);
  return Float64Array.from({ length: d * d }, (_, at) => {
    const i = Math.floor(at / d);
    const j = at % d;
    const outer = v[i]! * v[j]!;
    return (i === j ? e[i]! : 0) - (2 / vv) * (e[i]! + e[j]!) * outer + ((4 * q) / (vv * vv)) * outer;
  });
}

export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity;
  let largest = 0;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i]! - b[i]!));
  return largest;
}
