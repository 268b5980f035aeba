/**
 * @file Linear algebra of the metrics on the engine: TensorFlow's float64 kernels.
 *
 * They run on all cores or on the GPU.
 */
import { DataError, described } from '../../core/errors.ts';
import { attribute, backend, dtypes, type Attribute } from '../../engine/binding.ts';
import { executeNative, releaseNative } from '../../engine/operations/op.ts';
import { firstNotFinite } from './finite.ts';
import type { Algebra } from './algebra.ts';
import { mirrorLower } from './products.ts';

/** Needs a loaded engine. TensorFlow.js has no float64 tensors, so the matrices live as native handles and never become tensors. */
export const engineAlgebra: Algebra = {
  id: 'engine',

  timesTransposed(a, b, m, n, k) {
    return withMatrices([[a, m, k], [b, n, k]], ([left, right]) => read(matMul(left!, right!, false, true))); // prettier-ignore
  },

  gram(x, rows, columns) {
    const product = withMatrices([[x, rows, columns]], ([matrix]) => read(matMul(matrix!, matrix!, true, false)));
    mirrorLower(product, columns);
    return product;
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
    throw new DataError({
      where: 'eigenvalues',
      got: described('eigenvalues that are not finite'),
      expected: 'a finite symmetric matrix',
      remedy: 'Check the covariance for entries that are not finite',
    });
  },
};

/** Some devices throw where a decomposition fails, others fill the result with NaN. */
function saysUnsuccessful(thrown: unknown, what: string): boolean {
  return thrown instanceof Error && thrown.message.includes(`${what} was not successful`);
}

function float64(name: string): Attribute {
  return attribute.type(name, dtypes.float64);
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
