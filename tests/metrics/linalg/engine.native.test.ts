/** @file The engine's linear algebra against the TypeScript one, and at the size of Inception features. */
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readCase } from '../../../harness/conformance/case.ts';
import { kinds } from '../../../harness/conformance/kinds.ts';
import type { Engine } from '../../../harness/engine/load.ts';
import { memoryRows } from '../../../harness/metrics/features/rows.ts';
import { frechetDistance } from '../../../harness/metrics/values/frechet.ts';
import { engineAlgebra } from '../../../harness/metrics/linalg/engine.ts';
import { transpose } from '../../../harness/metrics/linalg/products.ts';
import { typescriptAlgebra } from '../../../harness/metrics/linalg/typescript.ts';
import { momentsOf } from '../../../harness/metrics/linalg/moments.ts';
import { largestDifference, normalMatrix, withEigenvalues } from './matrices.ts';
import { engineForTests } from '../../engine/engine-fixture.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await engineForTests();
});

/** Two float64 implementations of the same sums of up to 130 products of normal numbers, each of size 100 at most. */
const rounding = 1e-11;

describe('engineAlgebra', () => {
  const d = 130;
  const x = normalMatrix(200, d, 90);
  const s = typescriptAlgebra.gram(x, 200, d);

  it('multiplies as TypeScript does', () => {
    const [a, b] = [normalMatrix(37, 50, 91), normalMatrix(41, 50, 92)];
    const pair = [engineAlgebra, typescriptAlgebra].map((algebra) => algebra.timesTransposed(a, b, 37, 41, 50));
    expect(largestDifference(pair[0]!, pair[1]!)).toBeLessThan(rounding);
    expect(largestDifference(engineAlgebra.gram(x, 200, d), s)).toBeLessThan(rounding);
    expect(engineAlgebra.timesTransposed(new Float64Array(0), new Float64Array(0), 2, 2, 0)).toEqual(
      new Float64Array(4),
    );
  });

  // Whole numbers, so that no sum is rounded: several blocks of rows and of columns and several stretches of what is summed, none of them whole.
  it.each([
    [101, 203, 300],
    [97, 1, 128],
    [1, 193, 129],
    [5, 7, 1],
  ])('multiplies %i by %i lines of %i whole numbers exactly', (m, n, k) => {
    const whole = (size: number, step: number): Float64Array =>
      Float64Array.from({ length: size }, (_, i) => ((i * step) % 61) - 30);
    const [a, b] = [whole(m * k, 7), whole(n * k, 11)];
    expect(engineAlgebra.timesTransposed(a, b, m, n, k)).toEqual(typescriptAlgebra.timesTransposed(a, b, m, n, k));
    expect(engineAlgebra.gram(b, n, k)).toEqual(typescriptAlgebra.gram(b, n, k));
    const lower = [engineAlgebra, typescriptAlgebra].map((algebra) =>
      algebra.lowerGramOfRows(b, n, k).map((value, at) => (at % n > Math.floor(at / n) ? 0 : value)),
    );
    expect(lower[0]).toEqual(lower[1]);
  });

  it('gives exactly symmetric products', () => {
    const product = engineAlgebra.gram(x, 200, d);
    expect(transpose(product, d, d)).toEqual(product);
    const l = engineAlgebra.cholesky(s, d)!;
    const wrapped = engineAlgebra.sandwich(l, s, d, d);
    expect(transpose(wrapped, d, d)).toEqual(wrapped);
  });

  it('factors, wraps and decomposes as TypeScript does', () => {
    const [l, reference] = [engineAlgebra.cholesky(s, d)!, typescriptAlgebra.cholesky(s, d)!];
    expect(largestDifference(l, reference)).toBeLessThan(rounding);
    const wrapped = [engineAlgebra, typescriptAlgebra].map((algebra) => algebra.sandwich(reference, s, d, d));
    // Entries of s squared: 1e5.
    expect(largestDifference(wrapped[0]!, wrapped[1]!)).toBeLessThan(1e5 * rounding);
    const values = [engineAlgebra, typescriptAlgebra].map((algebra) => algebra.eigenvalues(s, d));
    expect(largestDifference(values[0]!, values[1]!)).toBeLessThan(100 * rounding);
    expect(engineAlgebra.sandwich(normalMatrix(d, 3, 93), s, d, 3)).toHaveLength(9);
    expect(engineAlgebra.eigenvalues(new Float64Array(0), 0)).toHaveLength(0);
  });

  it('gives no factor of a matrix that is not positive definite', () => {
    expect(engineAlgebra.cholesky(Float64Array.of(1, 2, 2, 1), 2)).toBeUndefined();
    expect(engineAlgebra.cholesky(Float64Array.of(1, 1, 1, 1), 2)).toBeUndefined();
  });

  it('refuses eigenvalues of a matrix that is not finite', () => {
    expect(() => engineAlgebra.eigenvalues(Float64Array.of(1, NaN, NaN, 1), 2)).toThrow(
      'eigenvalues: got eigenvalues that are not finite, expected a finite symmetric matrix. Check the covariance for entries that are not finite.',
    );
  });

  it('leaves nothing on the device, refusals included', () => {
    const before = engine.binding.getNumOfTensors();
    engineAlgebra.cholesky(Float64Array.of(1, 2, 2, 1), 2);
    engineAlgebra.sandwich(engineAlgebra.cholesky(s, d)!, s, d, d);
    engineAlgebra.eigenvalues(s, d);
    expect(() => engineAlgebra.eigenvalues(Float64Array.of(NaN), 1)).toThrow();
    expect(engine.binding.getNumOfTensors()).toBe(before);
  });

  it('leads to the same Fréchet distance', () => {
    const [a, b] = [normalMatrix(150, 64, 94), normalMatrix(160, 64, 95)].map((rows) => memoryRows(rows, 64));
    const values = [engineAlgebra, typescriptAlgebra].map(
      (algebra) => frechetDistance(momentsOf(a!, algebra), momentsOf(b!, algebra), algebra).value,
    );
    expect(Math.abs(values[0]! / values[1]! - 1)).toBeLessThan(1e-13);
  });
});

describe('engineAlgebra, in several blocks and panels', () => {
  // Neither size is a multiple of a block, a panel or a vector.
  it.each([257, 523])('wraps and decomposes %i columns as TypeScript does', (d) => {
    const s = typescriptAlgebra.gram(normalMatrix(d + 40, d, d), d + 40, d);
    const l = typescriptAlgebra.cholesky(s, d)!;
    const wrapped = [engineAlgebra, typescriptAlgebra].map((algebra) => algebra.triangularSandwich(l, s, d));
    expect(transpose(wrapped[0]!, d, d)).toEqual(wrapped[0]);
    const size = largestDifference(wrapped[1]!, new Float64Array(d * d));
    expect(largestDifference(wrapped[0]!, wrapped[1]!)).toBeLessThan(1e-14 * size);
    const values = [engineAlgebra, typescriptAlgebra].map((algebra) => algebra.eigenvalues(s, d));
    expect(largestDifference(values[0]!, values[1]!)).toBeLessThan(1e-13 * values[1]!.at(-1)!);
  });

  it('finds known eigenvalues, small ones beside large ones, equal ones and zeros', () => {
    const d = 320;
    const powers = Float64Array.from({ length: d }, (_, i) => 10 ** ((12 * i) / d - 12));
    const found = engineAlgebra.eigenvalues(withEigenvalues(powers, 96), d);
    expect(largestDifference(found, powers)).toBeLessThan(1e-14);
    const few = Float64Array.from({ length: d }, (_, i) => Math.floor(i / 100));
    expect(largestDifference(engineAlgebra.eigenvalues(withEigenvalues(few, 97), d), few)).toBeLessThan(1e-13);
    expect(engineAlgebra.eigenvalues(new Float64Array(d * d), d)).toEqual(new Float64Array(d));
  });

  it('reads the lower triangle alone, and keeps what it is given', () => {
    const d = 300;
    const s = typescriptAlgebra.gram(normalMatrix(d, d, 98), d, d);
    const lower = s.map((value, at) => (at % d > Math.floor(at / d) ? 1e6 : value));
    const before = Float64Array.from(lower);
    expect(engineAlgebra.eigenvalues(lower, d)).toEqual(engineAlgebra.eigenvalues(s, d));
    expect(lower).toEqual(before);
  });

  it('refuses what is not finite, and leaves nothing on the device', () => {
    const d = 300;
    const s = typescriptAlgebra.gram(normalMatrix(d, d, 99), d, d);
    const before = engine.binding.getNumOfTensors();
    engineAlgebra.triangularSandwich(engineAlgebra.cholesky(s, d) ?? s, s, d);
    engineAlgebra.eigenvalues(s, d);
    s[5 * d + 3] = NaN;
    expect(() => engineAlgebra.eigenvalues(s, d)).toThrow('eigenvalues: got eigenvalues that are not finite');
    expect(engine.binding.getNumOfTensors()).toBe(before);
  });
});

describe('the reference cases of 2,048 dimensions', () => {
  it.each(['recipe-features-d2048', 'recipe-stats-d2048'])('pass: %s', async (id) => {
    const reference = readCase(join(import.meta.dirname, '../../golden/metrics/frechet', id));
    const { judge } = await kinds.frechet!();
    const verdict = await judge(reference);
    expect(verdict, verdict.worst).toMatchObject({ passed: true });
  });
});
