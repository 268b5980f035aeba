/** @file Streaming moments: exact small cases, batches that do not matter, merges, and what is refused. */
import { describe, expect, it } from 'vitest';
import { memoryRows } from '../../../harness/metrics/features/rows.ts';
import { typescriptAlgebra as algebra } from '../../../harness/metrics/linalg/typescript.ts';
import { MomentsAccumulator, momentsOf } from '../../../harness/metrics/linalg/moments.ts';
import { largestDifference, normalMatrix } from './matrices.ts';

describe('momentsOf', () => {
  it('divides by n - 1', () => {
    const { n, mean, covariance } = momentsOf(memoryRows(Float64Array.of(1, 10, 3, 30), 2), algebra);
    expect(n).toBe(2);
    expect(mean).toEqual(Float64Array.of(2, 20));
    expect(covariance).toEqual(Float64Array.of(2, 20, 20, 200));
  });

  it('keeps the variance of values far from zero', () => {
    // 1e9 + {0, 1, ..., 9}: variance 55 / 6, of which a sum of squares keeps no digit.
    const { mean, covariance } = momentsOf(
      memoryRows(
        Float64Array.from({ length: 10 }, (_, i) => 1e9 + i),
        1,
      ),
      algebra,
    );
    expect(mean[0]).toBe(1e9 + 4.5);
    expect(covariance[0]).toBeCloseTo(55 / 6, 13);
  });

  it('takes the rows that are listed, as often as they are listed', () => {
    const rows = memoryRows(Float64Array.of(0, 5, 100, 7), 1);
    expect(momentsOf(rows, algebra, [1, 3])).toEqual({
      n: 2,
      mean: Float64Array.of(6),
      covariance: Float64Array.of(2),
    });
    expect(momentsOf(rows, algebra, [1, 1]).covariance).toEqual(Float64Array.of(0));
  });
});

describe('MomentsAccumulator', () => {
  // 1,300 rows: two full blocks and a part.
  const d = 3;
  const rows = normalMatrix(1300, d, 20).map((value, at) => value + 50 * (at % d));

  function inBatches(sizes: readonly number[]): MomentsAccumulator {
    const accumulator = new MomentsAccumulator(d, algebra);
    let at = 0;
    for (let i = 0; at < rows.length; i++) {
      const end = Math.min(rows.length, at + sizes[i % sizes.length]! * d);
      accumulator.add(rows.subarray(at, end));
      at = end;
    }
    return accumulator;
  }

  it('gives the same bits whatever the batches', () => {
    const whole = inBatches([1300]).finish();
    expect(inBatches([1]).finish()).toEqual(whole);
    expect(inBatches([511, 3, 0, 700]).finish()).toEqual(whole);
  });

  it('can be finished, continued and finished again', () => {
    const accumulator = new MomentsAccumulator(1, algebra);
    accumulator.add(Float64Array.of(1, 2));
    expect(accumulator.finish().mean).toEqual(Float64Array.of(1.5));
    accumulator.add(Float64Array.of(6));
    expect(accumulator.finish()).toEqual({ n: 3, mean: Float64Array.of(3), covariance: Float64Array.of(7) });
  });

  it('merges in any grouping to the same moments up to rounding, and leaves the other as it was', () => {
    const parts = [0, 400, 401, 1000, 1300].map((from, i, cuts) => {
      const part = new MomentsAccumulator(d, algebra);
      part.add(rows.subarray(from * d, (cuts[i + 1] ?? 1300) * d));
      return part;
    });
    const [a, b, c, e, empty] = parts as [
      MomentsAccumulator,
      MomentsAccumulator,
      MomentsAccumulator,
      MomentsAccumulator,
      MomentsAccumulator,
    ];
    const before = e.finish();
    c.merge(e);
    b.merge(c);
    a.merge(b);
    a.merge(empty);
    const merged = a.finish();
    const whole = inBatches([1300]).finish();
    expect(merged.n).toBe(1300);
    expect(largestDifference(merged.mean, whole.mean)).toBeLessThan(1e-13);
    expect(largestDifference(merged.covariance, whole.covariance)).toBeLessThan(1e-13);
    expect(e.finish()).toEqual(before);
  });

  it('counts nothing of a batch that is not finite, and names row and column', () => {
    const accumulator = new MomentsAccumulator(2, algebra);
    accumulator.add(Float32Array.of(1, 2));
    expect(() => accumulator.add(Float32Array.of(3, 4, 5, NaN))).toThrow(
      'features: got NaN in row 2, column 1, expected finite numbers. Find the sample that produced it: a metric over the others would describe another set.',
    );
    expect(accumulator.count).toBe(1);
  });

  it('refuses fewer than two rows, broken rows, and moments of another width', () => {
    const accumulator = new MomentsAccumulator(2, algebra);
    expect(() => accumulator.finish()).toThrow(
      'moments: got 0 rows of features, expected at least 2, because the covariance divides by n - 1. Give more samples.',
    );
    expect(() => accumulator.add(Float64Array.of(1, 2, 3))).toThrow(
      'features: got 3 numbers, expected whole rows of 2 features. Check the shape of the features.',
    );
    expect(() => accumulator.merge(new MomentsAccumulator(3, algebra))).toThrow(
      'moments: got 3 features per row, expected 2, as in the rows before. Merge moments of one extractor only.',
    );
    expect(() => new MomentsAccumulator(0, algebra)).toThrow(
      'moments: got 0, expected at least one feature per row. Check the shape of the features.',
    );
  });
});
