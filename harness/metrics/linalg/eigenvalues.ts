/** @file Eigenvalues of symmetric matrices in TypeScript: Householder to tridiagonal form, then implicit QL. */
import { DataError, described } from '../../core/errors.ts';
import { firstNotFinite } from './finite.ts';

/** Symmetric tridiagonal matrix: diagonal [d] and below-diagonal [d], whose first entry is unused. */
export interface Tridiagonal {
  readonly diagonal: Float64Array;
  readonly below: Float64Array;
}

/**
 * All eigenvalues of a symmetric matrix, ascending.
 * Source: Golub & Van Loan, "Matrix Computations", 4th ed., sections 8.3.1 (tridiagonal form) and 8.3.5 (implicit shifts).
 * @param a symmetric float64[d, d]; only its lower triangle is read
 * @throws DataError when an eigenvalue does not settle, which only happens to non-finite input
 */
export function eigenvalues(a: Float64Array, d: number): Float64Array {
  return solveTridiagonal(toTridiagonal(ascending(a, d), d));
}

/**
 * The matrix with rows and columns in the order of their diagonal entries, smallest first. Reduction and QL both work from the
 * last row up and keep small eigenvalues accurate only if they meet the large ones first.
 */
export function ascending(a: Float64Array, d: number): Float64Array {
  const order = Array.from({ length: d }, (_, i) => i).sort((i, j) => a[i * d + i]! - a[j * d + j]! || i - j);
  const out = new Float64Array(d * d);
  for (let i = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) {
      const row = Math.max(order[i]!, order[j]!);
      out[i * d + j] = a[row * d + Math.min(order[i]!, order[j]!)]!;
    }
  }
  return out;
}

/**
 * Householder reduction from the last row up: row i is mapped onto one entry below the diagonal, and the leading block becomes
 * A - v wᵀ - w vᵀ. That change is left pending until the next reflector is known, so that each step reads and writes the
 * triangle once: the time of this function is the time of moving the matrix through the cache. Overwrites `a`.
 */
function toTridiagonal(a: Float64Array, d: number): Tridiagonal {
  const diagonal = new Float64Array(d);
  const below = new Float64Array(d);
  let v = new Float64Array(d);
  let w = new Float64Array(d);
  let u = new Float64Array(d);
  let product = new Float64Array(d);
  for (let i = d - 1; i > 0; i--) {
    updateRow(a, i * d, i, v, w);
    diagonal[i] = a[i * d + i]!;
    const scale = reflector(a, d, i, u, below);
    updateAndMultiply(a, d, i, v, w, u, product);
    let along = 0;
    for (let r = 0; r < i; r++) along += product[r]! * u[r]!;
    const share = (along * scale * scale) / 2;
    for (let r = 0; r < i; r++) product[r] = scale * product[r]! - share * u[r]!;
    [v, u, w, product] = [u, v, product, w];
  }
  if (d > 0) updateRow(a, 0, 0, v, w);
  diagonal[0] = a[0] ?? 0;
  return { diagonal, below };
}

/** Applies the pending change to row `r` up to its diagonal. */
function updateRow(a: Float64Array, row: number, r: number, v: Float64Array, w: Float64Array): void {
  const vr = v[r]!;
  const wr = w[r]!;
  for (let c = 0; c <= r; c++) a[row + c]! -= vr * w[c]! + wr * v[c]!;
}

/**
 * Applies the pending change to the leading block of size i and computes product = block u in the same pass.
 * Two rows at a time: the vectors are then loaded once for both, which halves the time.
 */
function updateAndMultiply(
  a: Float64Array,
  d: number,
  i: number,
  v: Float64Array,
  w: Float64Array,
  u: Float64Array,
  product: Float64Array,
): void {
  product.fill(0, 0, i);
  let r = 0;
  for (; r + 1 < i; r += 2) {
    const top = r * d;
    const low = top + d;
    const vt = v[r]!;
    const wt = w[r]!;
    const ut = u[r]!;
    const vl = v[r + 1]!;
    const wl = w[r + 1]!;
    const ul = u[r + 1]!;
    let sumTop = 0;
    let sumLow = 0;
    for (let c = 0; c < r; c++) {
      const vc = v[c]!;
      const wc = w[c]!;
      const uc = u[c]!;
      const x = a[top + c]! - (vt * wc + wt * vc);
      const y = a[low + c]! - (vl * wc + wl * vc);
      a[top + c] = x;
      a[low + c] = y;
      sumTop += x * uc;
      sumLow += y * uc;
      product[c]! += x * ut + y * ul;
    }
    const corner = a[top + r]! - 2 * vt * wt;
    const side = a[low + r]! - (vl * wt + wl * vt);
    const end = a[low + r + 1]! - 2 * vl * wl;
    a[top + r] = corner;
    a[low + r] = side;
    a[low + r + 1] = end;
    product[r]! += sumTop + corner * ut + side * ul;
    product[r + 1]! += sumLow + side * ut + end * ul;
  }
  if (r < i) {
    updateRow(a, r * d, r, v, w);
    let sum = 0;
    for (let c = 0; c < r; c++) {
      sum += a[r * d + c]! * u[c]!;
      product[c]! += a[r * d + c]! * u[r]!;
    }
    product[r]! += sum + a[r * d + r]! * u[r]!;
  }
}

/**
 * Writes u so that (1 - scale u uᵀ) maps row i, left of the diagonal, onto its last entry.
 * @returns scale; 0 with u = 0 for a row that is there already
 */
function reflector(a: Float64Array, d: number, i: number, u: Float64Array, below: Float64Array): number {
  const row = i * d;
  const last = a[row + i - 1]!;
  let largest = 0;
  for (let c = 0; c < i - 1; c++) largest = Math.max(largest, Math.abs(a[row + c]!));
  if (largest === 0) {
    below[i] = last;
    u.fill(0, 0, i);
    return 0;
  }
  // Divided by the largest entry first: squares of tiny or huge entries would leave the range of float64.
  largest = Math.max(largest, Math.abs(last));
  let squares = 0;
  for (let c = 0; c < i; c++) {
    const entry = a[row + c]! / largest;
    u[c] = entry;
    squares += entry * entry;
  }
  const norm = last > 0 ? -Math.sqrt(squares) : Math.sqrt(squares);
  const head = u[i - 1]!;
  u[i - 1] = head - norm;
  below[i] = norm * largest;
  return 1 / (squares - norm * head);
}

/** Sweeps allowed per eigenvalue; two or three are usual. */
const maxSweeps = 60;

/** Eigenvalues of a tridiagonal matrix by implicit QL with Wilkinson's shift, ascending. Overwrites its input. */
export function solveTridiagonal({ diagonal: t, below }: Tridiagonal): Float64Array {
  const d = t.length;
  const e = new Float64Array(d);
  e.set(below.subarray(1));
  let norm = 0;
  for (let i = 0; i < d; i++) norm = Math.max(norm, Math.abs(t[i]!) + Math.abs(e[i]!));
  const negligible = Number.EPSILON * norm;
  for (let l = 0; l < d; l++) {
    for (let sweep = 0; ; sweep++) {
      const m = decoupledFrom(e, l, negligible);
      if (m === l) break;
      if (sweep === maxSweeps) throw unsettled(`no convergence of eigenvalue ${l + 1} of ${d} in ${maxSweeps} sweeps`);
      qlSweep(t, e, l, m);
    }
  }
  if (firstNotFinite(t) >= 0) throw unsettled('eigenvalues that are not finite');
  return t.sort();
}

function unsettled(got: string): DataError {
  return new DataError({
    where: 'eigenvalues',
    got: described(got),
    expected: 'a finite symmetric matrix',
    remedy: 'Check the covariance for entries that are not finite',
  });
}

/**
 * The first index m >= l whose coupling to m + 1 is below the rounding that the reduction has left anyway. A bound relative to the
 * neighbours would be finer, but clusters of equal eigenvalues leave couplings of pure rounding that never meet it.
 */
function decoupledFrom(e: Float64Array, l: number, negligible: number): number {
  let m = l;
  // Written so that a coupling of NaN does not count as small.
  while (m < e.length - 1 && !(Math.abs(e[m]!) <= negligible)) m++;
  return m;
}

function qlSweep(t: Float64Array, e: Float64Array, l: number, m: number): void {
  let g = (t[l + 1]! - t[l]!) / (2 * e[l]!);
  const r0 = Math.hypot(g, 1);
  g = t[m]! - t[l]! + e[l]! / (g + (g >= 0 ? r0 : -r0));
  let sine = 1;
  let cosine = 1;
  let p = 0;
  for (let i = m - 1; i >= l; i--) {
    const f = sine * e[i]!;
    const b = cosine * e[i]!;
    const r = Math.hypot(f, g);
    e[i + 1] = r;
    if (r === 0) {
      t[i + 1]! -= p;
      e[m] = 0;
      return;
    }
    sine = f / r;
    cosine = g / r;
    g = t[i + 1]! - p;
    const q = (t[i]! - g) * sine + 2 * cosine * b;
    p = sine * q;
    t[i + 1] = g + p;
    g = cosine * q - b;
  }
  t[l]! -= p;
  e[l] = g;
  e[m] = 0;
}
