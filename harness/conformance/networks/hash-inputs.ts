/**
 * @file Generates inputs that a pack describes by integer hashes, exact in float32.
 *
 * Source: the "portable generator of the recipes" of the set `metrics`.
 */

/** A bijective mixing of 32-bit words. */
function hash32(word: number): number {
  let x = word >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

/** Row i of u20(seed, i, j) = hash32(hash32(seed) + i d + j) >>> 12, integers in [0, 2^20). */
function u20Row(seed: number, i: number, d: number): Float64Array {
  const base = hash32(seed);
  return Float64Array.from({ length: d }, (_, j) => hash32(base + i * d + j) >>> 12);
}

/** float32[rows, d] with one row rule. */
function features(rows: number, d: number, row: (i: number) => ArrayLike<number>): Float32Array {
  const out = new Float32Array(rows * d);
  for (let i = 0; i < rows; i++) out.set(row(i), i * d);
  return out;
}

/** u20 * 2^-20. */
export function hashUniform(seed: number, rows: number, d: number): Float32Array {
  return features(rows, d, (i) => u20Row(seed, i, d).map((u) => u * 2 ** -20));
}

/** The second set of the recipe `hash-uniform-pair`: 5 u20 * 2^-22. */
export function hashUniformWide(seed: number, rows: number, d: number): Float32Array {
  return features(rows, d, (i) => u20Row(seed, i, d).map((u) => 5 * u * 2 ** -22));
}

/** The recipe `hash-features`: neighbours correlated, scales halving every eighth of the columns; set b is scaled and shifted. */
export function hashFeatures(seed: number, rows: number, d: number, set: 'a' | 'b'): Float32Array {
  return features(rows, d, (i) => {
    const u = u20Row(seed, i, d);
    return u.map((value, j) => {
      const v = 2 * value + u[(j + 1) % d]! - 3 * 2 ** 19;
      const scale = 2 ** -Math.floor((8 * j) / d);
      return set === 'a' ? v * 2 ** -20 * scale : (5 * v + (j % 4 === 0 ? 2 ** 16 : 0)) * 2 ** -22 * scale;
    });
  });
}

/** The recipe `householder-stats`: two commuting covariances H diag(e) H with H = 1 - 2 v vᵀ / vᵀv. */
export function householderStats(
  seedV: number,
  seedMu: number,
  d: number,
): Record<'muA' | 'sigmaA' | 'muB' | 'sigmaB', Float64Array> {
  const v = u20Row(seedV, 0, d).map((u) => u + 1);
  const ea = Float64Array.from({ length: d }, (_, j) => 2 ** -(j % 12));
  const eb = Float64Array.from({ length: d }, (_, j) => 2.25 * 2 ** -(Math.floor(j / 3) % 10));
  const muA = u20Row(seedMu, 0, d).map((u) => (u - 2 ** 19) * 2 ** -24);
  return { muA, sigmaA: reflected(v, ea), muB: new Float64Array(d), sigmaB: reflected(v, eb) };
}

function reflected(v: Float64Array, e: Float64Array): Float64Array {
  const d = v.length;
  let vv = 0;
  let q = 0;
  for (let k = 0; k < d; k++) {
    vv += v[k]! * v[k]!;
    q += e[k]! * v[k]! * v[k]!;
  }
  const out = new Float64Array(d * d);
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < d; j++) {
      const outer = v[i]! * v[j]!;
      out[i * d + j] = (i === j ? e[i]! : 0) - (2 / vv) * (e[i]! + e[j]!) * outer + ((4 * q) / (vv * vv)) * outer;
    }
  }
  return out;
}
