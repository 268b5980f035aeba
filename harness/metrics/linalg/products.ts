/** @file Matrix products in TypeScript: one register-tiled kernel on contiguous rows. */

/** Columns taken per pass, so that the rows of a tile stay in the first-level cache. */
const passLength = 512;

/** A rectangle of rows inside a row-major array: `rows` rows of `stride` numbers from `offset` on. */
export interface Rows {
  readonly data: Float64Array;
  readonly offset: number;
  readonly stride: number;
  readonly rows: number;
}

/**
 * out[i, j] += sign * sum_{p in [from, to)} a[i, p] b[j, p], for j <= i + lowerShift only when that is given.
 * Every product of this room is made of this, so that both operands are read along their rows.
 */
export function accumulateRowProducts(
  out: Rows,
  a: Rows,
  b: Rows,
  from: number,
  to: number,
  sign: 1 | -1,
  lowerShift = Infinity,
): void {
  for (let start = from; start < to; start += passLength) {
    const length = Math.min(passLength, to - start);
    for (let i = 0; i < a.rows; i += 3) {
      const height = Math.min(3, a.rows - i);
      const end = Math.min(b.rows, i + height + lowerShift);
      for (let j = 0; j < end; j += 3) {
        const width = Math.min(3, b.rows - j);
        if (height === 3 && width === 3) tile3x3(out, a, b, i, j, start, length, sign);
        else tileEdge(out, a, b, i, j, height, width, start, length, sign);
      }
    }
  }
}

// Nine sums and six factors fill the sixteen vector registers: measured twice as fast as 2x2 and faster than 4x4.
function tile3x3(out: Rows, a: Rows, b: Rows, i: number, j: number, start: number, length: number, sign: 1 | -1): void {
  const x = a.data;
  const y = b.data;
  const a0 = a.offset + i * a.stride + start;
  const a1 = a0 + a.stride;
  const a2 = a1 + a.stride;
  const b0 = b.offset + j * b.stride + start;
  const b1 = b0 + b.stride;
  const b2 = b1 + b.stride;
  let s00 = 0;
  let s01 = 0;
  let s02 = 0;
  let s10 = 0;
  let s11 = 0;
  let s12 = 0;
  let s20 = 0;
  let s21 = 0;
  let s22 = 0;
  for (let p = 0; p < length; p++) {
    const x0 = x[a0 + p]!;
    const x1 = x[a1 + p]!;
    const x2 = x[a2 + p]!;
    const y0 = y[b0 + p]!;
    const y1 = y[b1 + p]!;
    const y2 = y[b2 + p]!;
    s00 += x0 * y0;
    s01 += x0 * y1;
    s02 += x0 * y2;
    s10 += x1 * y0;
    s11 += x1 * y1;
    s12 += x1 * y2;
    s20 += x2 * y0;
    s21 += x2 * y1;
    s22 += x2 * y2;
  }
  const z = out.data;
  const o0 = out.offset + i * out.stride + j;
  const o1 = o0 + out.stride;
  const o2 = o1 + out.stride;
  z[o0]! += sign * s00;
  z[o0 + 1]! += sign * s01;
  z[o0 + 2]! += sign * s02;
  z[o1]! += sign * s10;
  z[o1 + 1]! += sign * s11;
  z[o1 + 2]! += sign * s12;
  z[o2]! += sign * s20;
  z[o2 + 1]! += sign * s21;
  z[o2 + 2]! += sign * s22;
}

function tileEdge(
  out: Rows,
  a: Rows,
  b: Rows,
  i: number,
  j: number,
  height: number,
  width: number,
  start: number,
  length: number,
  sign: 1 | -1,
): void {
  for (let r = i; r < i + height; r++) {
    for (let c = j; c < j + width; c++) {
      const at = a.offset + r * a.stride + start;
      const bt = b.offset + c * b.stride + start;
      let sum = 0;
      for (let p = 0; p < length; p++) sum += a.data[at + p]! * b.data[bt + p]!;
      out.data[out.offset + r * out.stride + c]! += sign * sum;
    }
  }
}

/** All rows of a matrix float64[rows, columns], or its rows from `first` to `end`. */
function rowsOf(data: Float64Array, columns: number, first = 0, end = data.length / columns): Rows {
  return { data, offset: first * columns, stride: columns, rows: end - first };
}

/** a bᵀ. @param a float64[m, k] @param b float64[n, k] */
export function timesTransposed(a: Float64Array, b: Float64Array, m: number, n: number, k: number): Float64Array {
  const out = new Float64Array(m * n);
  accumulateRowProducts(
    { data: out, offset: 0, stride: n, rows: m },
    { data: a, offset: 0, stride: k, rows: m },
    { data: b, offset: 0, stride: k, rows: n },
    0,
    k,
    1,
  );
  return out;
}

/** xᵀ x. @param x float64[rows, columns] */
export function gram(x: Float64Array, rows: number, columns: number): Float64Array {
  const out = lowerGramOfRows(transpose(x, rows, columns), columns, rows);
  mirrorLower(out, columns);
  return out;
}

/** x xᵀ on the diagonal and below it. @param x float64[rows, columns] */
export function lowerGramOfRows(x: Float64Array, rows: number, columns: number): Float64Array {
  const out = new Float64Array(rows * rows);
  const lines = rowsOf(x, columns, 0, rows);
  accumulateRowProducts(rowsOf(out, rows), lines, lines, 0, columns, 1, 0);
  return out;
}

/** Rows of the factor handled together where its leading zeros are skipped. */
const bandRows = 48;

/** lᵀ s l. @param l float64[d, rank]; if it is lower triangular, its zeros are skipped @param s symmetric float64[d, d] */
export function sandwich(l: Float64Array, s: Float64Array, d: number, rank: number): Float64Array {
  const factor = transpose(l, d, rank);
  const starts = leadingZeros(factor, rank, d);
  const half = new Float64Array(rank * d);
  const out = new Float64Array(rank * rank);
  for (let first = 0; first < rank; first += bandRows) {
    const end = Math.min(rank, first + bandRows);
    const band = rowsOf(factor, d, first, end);
    accumulateRowProducts(rowsOf(half, d, first, end), band, rowsOf(s, d), starts[first]!, d, 1);
  }
  for (let first = 0; first < rank; first += bandRows) {
    const end = Math.min(rank, first + bandRows);
    const target = { data: out, offset: first * rank, stride: rank, rows: end - first };
    const band = rowsOf(factor, d, first, end);
    accumulateRowProducts(target, band, rowsOf(half, d, 0, end), starts[first]!, d, 1, first);
  }
  mirrorLower(out, rank);
  return out;
}

/** Number of leading columns that are zero in this row and in every row after it. */
function leadingZeros(rowMajor: Float64Array, rows: number, columns: number): Int32Array {
  const starts = new Int32Array(rows);
  let common = columns;
  for (let i = rows - 1; i >= 0; i--) {
    let own = 0;
    while (own < common && rowMajor[i * columns + own] === 0) own++;
    common = Math.min(common, own);
    starts[i] = common;
  }
  return starts;
}

/** Side of the squares in which matrices are transposed: lines read and lines written then both stay in the cache. */
const squareSide = 32;

/** xᵀ. @param x float64[rows, columns] */
export function transpose(x: Float64Array, rows: number, columns: number): Float64Array {
  const out = new Float64Array(rows * columns);
  for (let top = 0; top < rows; top += squareSide) {
    for (let left = 0; left < columns; left += squareSide) {
      const bottom = Math.min(rows, top + squareSide);
      const right = Math.min(columns, left + squareSide);
      for (let i = top; i < bottom; i++) for (let j = left; j < right; j++) out[j * rows + i] = x[i * columns + j]!;
    }
  }
  return out;
}

/** Copies the lower triangle of float64[d, d] onto the upper. */
export function mirrorLower(a: Float64Array, d: number): void {
  forEachBelowDiagonal(d, (i, j) => {
    a[j * d + i] = a[i * d + j]!;
  });
}

/** Visits all (i, j) with j < i square by square, so that entries (i, j) and (j, i) both stay in the cache. */
export function forEachBelowDiagonal(d: number, visit: (i: number, j: number) => void): void {
  for (let top = 0; top < d; top += squareSide) {
    for (let left = 0; left <= top; left += squareSide) {
      const bottom = Math.min(d, top + squareSide);
      for (let i = top; i < bottom; i++) {
        const right = Math.min(i, left + squareSide);
        for (let j = left; j < right; j++) visit(i, j);
      }
    }
  }
}
