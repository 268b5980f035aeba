/** @file Neighbour metrics: a set that can be counted by hand, ties, duplicates, and both conventions. */
import { describe, expect, it } from 'vitest';
import { memoryRows, type FeatureRows } from '../../../harness/metrics/features/rows.ts';
import type { Algebra } from '../../../harness/metrics/linalg/algebra.ts';
import { typescriptAlgebra as algebra } from '../../../harness/metrics/linalg/typescript.ts';
import { neighbourMetrics } from '../../../harness/metrics/values/precision-recall.ts';
import { normalMatrix } from '../linalg/matrices.ts';

const line = (...values: number[]): FeatureRows => memoryRows(Float64Array.from(values), 1);

/** An algebra that sums forwards at one call and backwards at the next, as a library may that blocks by shape. */
function everyOtherBackwards(): Algebra {
  let calls = 0;
  return {
    ...algebra,
    timesTransposed: (a, b, m, n, k) => {
      calls += 1;
      if (calls % 2 === 0) return algebra.timesTransposed(a, b, m, n, k);
      const reversed = (rows: Float64Array): Float64Array =>
        rows.map((_, at) => rows[Math.floor(at / k) * k + k - 1 - (at % k)]!);
      return algebra.timesTransposed(reversed(a), reversed(b), m, n, k);
    },
  };
}

describe('neighbourMetrics', () => {
  it('counts balls on a line', () => {
    // Real 0, 1, 3 (k = 1): radii 1, 1, 2. Generated 2, 10: radii 8, 8.
    const [metrics] = neighbourMetrics(line(0, 1, 3), line(2, 10), [1], algebra);
    expect(metrics!.radiiRealSquared).toEqual(Float64Array.of(1, 1, 4));
    expect(metrics!.radiiGeneratedSquared).toEqual(Float64Array.of(64, 64));
    // 2 is at distance 2, 1, 1 from the real rows: on the edge of the second ball, inside the third.
    expect(metrics!.nonStrict).toEqual({ precision: 0.5, recall: 1, density: 1, coverage: 2 / 3 });
    expect(metrics!.strict).toEqual({ precision: 0.5, recall: 1, density: 0.5, coverage: 1 / 3 });
  });

  it('serves several k in one pass', () => {
    const real = memoryRows(normalMatrix(40, 3, 60), 3);
    const generated = memoryRows(normalMatrix(50, 3, 61), 3);
    const together = neighbourMetrics(real, generated, [5, 3], algebra);
    expect(together).toEqual([
      ...neighbourMetrics(real, generated, [5], algebra),
      ...neighbourMetrics(real, generated, [3], algebra),
    ]);
  });

  it('treats repeated rows of any numbers as distance zero', () => {
    const row = normalMatrix(1, 64, 62);
    const repeated = memoryRows(
      Float64Array.from({ length: 6 * 64 }, (_, i) => row[i % 64]! * 1.1),
      64,
    );
    const [metrics] = neighbourMetrics(repeated, repeated, [3], algebra);
    expect(metrics!.radiiRealSquared).toEqual(new Float64Array(6));
    expect(metrics!.nonStrict).toEqual({ precision: 1, recall: 1, density: 2, coverage: 1 });
    expect(metrics!.strict).toEqual({ precision: 0, recall: 0, density: 0, coverage: 0 });
  });

  it('sees shared distances as ties whatever the order of the sums', () => {
    // A generated row that equals a real row lies exactly on the edge of the balls that reach to that row.
    const rows = memoryRows(normalMatrix(30, 64, 63), 64);
    const [metrics] = neighbourMetrics(rows, rows, [3], everyOtherBackwards());
    // Each ball holds its centre and three neighbours, of which the third is on the edge.
    expect(metrics!.nonStrict.density).toBeCloseTo(4 / 3, 14);
    expect(metrics!.strict.density).toBeCloseTo(1, 14);
  });

  it('leaves rows of zeros outside of each other under the strict convention', () => {
    const zeros = memoryRows(new Float64Array(12), 2);
    const [metrics] = neighbourMetrics(zeros, zeros, [3], algebra);
    expect(metrics!.nonStrict.coverage).toBe(1);
    expect(metrics!.strict.coverage).toBe(0);
  });

  it('is the same for sets that need several tiles', () => {
    const real = normalMatrix(1050, 2, 64);
    const generated = normalMatrix(20, 2, 65);
    const [metrics] = neighbourMetrics(memoryRows(real, 2), memoryRows(generated, 2), [3], algebra);
    const distance = (a: Float64Array, i: number, b: Float64Array, j: number): number =>
      (a[2 * i]! - b[2 * j]!) ** 2 + (a[2 * i + 1]! - b[2 * j + 1]!) ** 2;
    const radius = (i: number): number =>
      Array.from({ length: 1050 }, (_, j) => distance(real, i, real, j)).sort((x, y) => x - y)[3]!;
    const radii = Array.from({ length: 1050 }, (_, i) => radius(i));
    let inside = 0;
    for (let g = 0; g < 20; g++) if (radii.some((r, i) => distance(real, i, generated, g) <= r)) inside++;
    expect(metrics!.nonStrict.precision).toBe(inside / 20);
    radii.forEach((r, i) => {
      expect(Math.abs(metrics!.radiiRealSquared[i]! - r)).toBeLessThan(1e-12);
    });
  });

  it('refuses sets without a k-th neighbour, a k that is none, and different widths', () => {
    expect(() => neighbourMetrics(line(0, 1, 2), line(0, 1, 2, 3), [3], algebra)).toThrow(
      'precision and recall: got 3 real rows and k = 3, expected more rows than k, so that every row has a k-th neighbour, and k of at least 1. Give more samples or a smaller k.',
    );
    expect(() => neighbourMetrics(line(0, 1, 2, 3), line(0, 1, 2), [3], algebra)).toThrow(
      /got 3 generated rows and k = 3/,
    );
    expect(() => neighbourMetrics(line(0, 1), line(0, 1), [0], algebra)).toThrow(/k = 0/);
    expect(() => neighbourMetrics(line(0, 1), memoryRows(new Float64Array(4), 2), [1], algebra)).toThrow(
      'precision and recall: got rows of 1 and 2 features, expected the same number of features in both sets. Use one extractor for both.',
    );
  });
});
