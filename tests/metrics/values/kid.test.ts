/** @file KID: the estimate by its definition, subsets as torch-fidelity draws them, refusals. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readCase } from '../../../harness/conformance/case.ts';
import { tensorIndices } from '../../../harness/conformance/judge/tensor-rows.ts';
import { memoryRows } from '../../../harness/metrics/features/rows.ts';
import { drawSubsets, kid, mmd2, torchFidelityKid } from '../../../harness/metrics/values/kid.ts';
import { typescriptAlgebra as algebra } from '../../../harness/metrics/linalg/typescript.ts';
import { normalMatrix } from '../linalg/matrices.ts';

const cubic = { degree: 3, gamma: null, coef0: 1 } as const;

describe('mmd2', () => {
  // d = 1, k(x, y) = (xy + 1)^2: a = {0, 1}, b = {1, 2}.
  const a = memoryRows(Float64Array.of(0, 1), 1);
  const b = memoryRows(Float64Array.of(1, 2), 1);
  const square = { degree: 2, gamma: 1, coef0: 1 };

  it('leaves out the pairs of a row with itself in the unbiased form', () => {
    // k(0,1) = 1; k(1,2) = 9; cross: k(0,1) = 1, k(0,2) = 1, k(1,1) = 4, k(1,2) = 9 -> 2 * 15 / 4
    expect(mmd2(a, b, square, algebra).unbiased).toBe(1 + 9 - 7.5);
  });

  it('keeps them in the biased form', () => {
    // aa: (1 + 1 + 1 + 4) / 4; bb: (4 + 9 + 9 + 25) / 4
    expect(mmd2(a, b, square, algebra).biased).toBe(7 / 4 + 47 / 4 - 7.5);
  });

  it('is the same in one tile and in many', () => {
    const many = memoryRows(normalMatrix(1100, 2, 40), 2);
    const few = memoryRows(normalMatrix(30, 2, 41), 2);
    let cross = 0;
    for (let i = 0; i < 1100; i++) {
      for (let j = 0; j < 30; j++) {
        const [x0, x1] = many.range(i, i + 1) as unknown as [number, number];
        const [y0, y1] = few.range(j, j + 1) as unknown as [number, number];
        cross += ((x0 * y0 + x1 * y1) / 2 + 1) ** 3;
      }
    }
    const same = (rows: typeof few): number => mmd2(rows, rows, cubic, algebra).biased;
    expect(same(many)).toBe(0);
    const self = (rows: typeof few): number => {
      const zero = memoryRows(new Float64Array(4), 2);
      return mmd2(rows, zero, cubic, algebra).biased + 1;
    };
    const expected = self(many) + self(few) - (2 * cross) / (1100 * 30);
    expect(Math.abs(mmd2(many, few, cubic, algebra).biased - expected)).toBeLessThan(1e-9);
  });
});

describe('drawSubsets', () => {
  it('draws what torch-fidelity draws', () => {
    const reference = readCase(join(import.meta.dirname, '../../golden/metrics/kid/generic'));
    const drawn = drawSubsets(240, 300, { ...torchFidelityKid, subsets: 10, subsetSize: 100 });
    expect(drawn.map(({ a }) => [...Float64Array.from(a)])).toEqual(
      tensorIndices(reference, 'subset_a').map((indices) => [...indices]),
    );
    expect(drawn.map(({ b }) => [...Float64Array.from(b)])).toEqual(
      tensorIndices(reference, 'subset_b').map((indices) => [...indices]),
    );
  });

  it('refuses subsets larger than a set and smaller than two', () => {
    expect(() => drawSubsets(20, 30, { ...torchFidelityKid, subsetSize: 25 })).toThrow(
      'KID: got subsets of 25 from sets of 20 and 30, expected subsets no larger than the smaller set. Give more samples or ask for smaller subsets.',
    );
    expect(() => drawSubsets(20, 30, { ...torchFidelityKid, subsetSize: 1 })).toThrow(
      'KID: got a subset of 1, expected at least 2 rows, because the unbiased estimate divides by m (m - 1). Ask for larger subsets.',
    );
  });
});

describe('kid', () => {
  it('keeps negative values: the estimate is unbiased', () => {
    const rows = memoryRows(normalMatrix(40, 3, 42), 3);
    const indices = Array.from({ length: 20 }, (_, i) => i);
    const result = kid(
      rows,
      rows,
      [
        { a: indices, b: indices.map((i) => i + 20) },
        { a: indices, b: indices },
      ],
      cubic,
      algebra,
    );
    expect(result.perSubset[1]).toBeLessThan(0);
    expect(result.mean).toBe((result.perSubset[0]! + result.perSubset[1]!) / 2);
    expect(result.std).toBeCloseTo(Math.abs(result.perSubset[0]! - result.perSubset[1]!) / 2, 15);
  });

  it('refuses sets of different widths and no subsets', () => {
    const one = memoryRows(new Float64Array(4), 1);
    const two = memoryRows(new Float64Array(4), 2);
    expect(() => kid(one, two, [{ a: [0, 1], b: [0, 1] }], cubic, algebra)).toThrow(
      'KID: got rows of 1 and 2 features, expected the same number of features in both sets. Use one extractor for both.',
    );
    expect(() => kid(one, one, [], cubic, algebra)).toThrow('KID: got no subsets, expected at least one.');
  });
});
