/**
 * @file Linear algebra of the metrics on the engine: float64 kernels of TensorFlow and of this project.
 *
 * They run on all cores or on the GPU.
 */
import { DataError, described } from '../../core/errors.ts';
import { attribute, backend, dtypes, type Attribute } from '../../engine/binding.ts';
import { executeNative, releaseNative, runsFusedOperations, runsNativeOperations } from '../../engine/operations/op.ts';
import { ascending, solveTridiagonal } from './eigenvalues.ts';
import { firstNotFinite } from './finite.ts';
import type { Algebra } from './algebra.ts';
import { mirrorLower } from './products.ts';

/** Needs a loaded engine. TensorFlow.js has no float64 tensors, so the matrices live as native handles and never become tensors. */
export const engineAlgebra: Algebra = {
  id: 'engine',

  timesTransposed(a, b, m, n, k) {
    return withMatrices([[a, m, k], [b, n, k]], ([left, right]) => read(rowProducts(left!, right!, false))); // prettier-ignore
  },

  gram(x, rows, columns) {
    const product = withMatrices([[x, rows, columns]], ([matrix]) => read(matMul(matrix!, matrix!, true, false)));
    mirrorLower(product, columns);
    return product;
  },

  lowerGramOfRows(x, rows, columns) {
    return withMatrices([[x, rows, columns]], ([matrix]) => read(rowProducts(matrix!, matrix!, true)));
  },

  sandwich(l, s, d, rank) {
    const product = withMatrices([[l, d, rank], [s, d, d]], ([factor, matrix]) => {
      const half = matMul(factor!, matrix!, true, false);
      try {
        return read(matMul(half, factor!, false, false));
      } finally {
        releaseNative([half]);
      }
    }); // prettier-ignore
    mirrorLower(product, rank);
    return product;
  },

  triangularSandwich(l, s, d) {
    const product = new Float64Array(d * d);
    withMatrices([[l, d, d], [s, d, d]], ([factor, matrix]) => {
      // Columns from `first` on need only what stands below and right of (first, first) in either matrix: what is left of it is zero in l.
      for (let first = 0; first < d; first += blockColumns) {
        const [rows, columns] = [d - first, Math.min(blockColumns, d - first)];
        const handles = [slice(factor!, first, rows, rows), slice(factor!, first, rows, columns), slice(matrix!, first, rows, rows)];
        try {
          const [below, own, rest] = handles as [number, number, number];
          handles.push(matMul(rest, own, false, false));
          copyColumns(read(matMul(below, handles[3]!, true, false)), columns, product, d, first);
        } finally {
          releaseNative(handles);
        }
      }
    }); // prettier-ignore
    mirrorLower(product, d);
    return product;
  },

  cholesky(a, d) {
    const factor = withMatrices([[a, d, d]], ([matrix]) => {
      try {
        return read(run('Cholesky', [float64('T')], [matrix!])[0]!);
      } catch (thrown) {
        if (saysUnsuccessful(thrown, 'Cholesky decomposition')) return undefined;
        throw thrown;
      }
    });
    return factor && firstNotFinite(factor) < 0 ? factor : undefined;
  },

  eigenvalues(a, d) {
    if (d === 0) return new Float64Array(0);
    if (d >= panelsFrom && runsNativeOperations()) return byTridiagonalForm(a, d);
    const values = withMatrices([[a, d, d]], ([matrix]) => {
      try {
        const attributes = [float64('T'), attribute.bool('compute_v', false)];
        const [own, vectors] = run('SelfAdjointEigV2', attributes, [matrix!], 2);
        releaseNative([vectors!]);
        return read(own!);
      } catch (thrown) {
        if (saysUnsuccessful(thrown, 'Self-adjoint eigen decomposition')) return undefined;
        throw thrown;
      }
    });
    if (values && firstNotFinite(values) < 0) return values;
    throw notFinite();
  },
};

/** Columns of the sandwich that are computed at once. */
const blockColumns = 256;

/** From this size on a reduction in panels is quicker than TensorFlow's, which applies the change of every row to the whole matrix. */
const panelsFrom = 256;

/** By this project's operation, which reads the matrix once per row and writes it once per panel of rows. */
function byTridiagonalForm(a: Float64Array, d: number): Float64Array {
  if (firstNotFinite(a) >= 0) throw notFinite();
  return withMatrices([[ascending(a, d), d, d]], ([matrix]) => {
    const [diagonal, below] = run('ConsistencyTridiagonal', [], [matrix!], 2);
    return solveTridiagonal({ diagonal: read(diagonal!), below: read(below!) });
  });
}

function notFinite(): DataError {
  return new DataError({
    where: 'eigenvalues',
    got: described('eigenvalues that are not finite'),
    expected: 'a finite symmetric matrix',
    remedy: 'Check the covariance for entries that are not finite',
  });
}

/** The rows and columns of a matrix from (first, first) on. */
function slice(id: number, first: number, rows: number, columns: number): number {
  const [begin, size] = [int32Vector([first, first]), int32Vector([rows, columns])];
  try {
    return run('Slice', [float64('T'), attribute.type('Index', dtypes.int32)], [id, begin, size])[0]!;
  } finally {
    releaseNative([begin, size]);
  }
}

function int32Vector(values: readonly number[]): number {
  return backend().binding.bytesToTensor([values.length], dtypes.int32, new Uint8Array(Int32Array.from(values).buffer));
}

/** Writes `columns` columns, which end with the last row of `target`, from (first, first) on. */
function copyColumns(values: Float64Array, columns: number, target: Float64Array, d: number, first: number): void {
  for (let r = first; r < d; r++) {
    target.set(values.subarray((r - first) * columns, (r - first + 1) * columns), r * d + first);
  }
}

/** Some devices throw where a decomposition fails, others fill the result with NaN. */
function saysUnsuccessful(thrown: unknown, what: string): boolean {
  return thrown instanceof Error && thrown.message.includes(`${what} was not successful`);
}

function float64(name: string): Attribute {
  return attribute.type(name, dtypes.float64);
}

/**
 * a bᵀ by this project's operation where it runs: TensorFlow's packages compile this product for processors without FMA and vectors of 512 bits. Fréchet
 * distances keep TensorFlow's products, whose bits the committed results have.
 * @param lower of a product that is symmetric: what stands above the diagonal is not defined
 */
function rowProducts(a: number, b: number, lower: boolean): number {
  if (!runsFusedOperations()) return matMul(a, b, false, true);
  return run('ConsistencyProduct', [attribute.bool('lower', lower)], [a, b])[0]!;
}

function matMul(a: number, b: number, transposeA: boolean, transposeB: boolean): number {
  const attributes = [
    float64('T'),
    attribute.bool('transpose_a', transposeA),
    attribute.bool('transpose_b', transposeB),
  ];
  return run('MatMul', attributes, [a, b])[0]!;
}

function run(name: string, attributes: readonly Attribute[], ids: readonly number[], outputs = 1): number[] {
  return executeNative(name, attributes, ids, outputs).map(({ id }) => id);
}

type Matrix = readonly [values: Float64Array, rows: number, columns: number];

/** Puts matrices on the device for the time of `use`. */
function withMatrices<R>(matrices: readonly Matrix[], use: (ids: number[]) => R): R {
  const ids: number[] = [];
  try {
    for (const [values, rows, columns] of matrices) {
      const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
      ids.push(backend().binding.bytesToTensor([rows, columns], dtypes.float64, bytes));
    }
    return use(ids);
  } finally {
    releaseNative(ids);
  }
}

/** The values of a handle, which is freed. */
function read(id: number): Float64Array {
  try {
    return new Float64Array(backend().binding.tensorToBytes(id).buffer);
  } finally {
    releaseNative([id]);
  }
}
