/** @file Who computes other features or values than the rest, and how the benchmark of scoring says so. */
import { describe, expect, it } from 'vitest';
import {
  bounds,
  farthestRow,
  requireSameFeatures,
  requireSameValues,
  type SaidValues,
} from '../../../harness/bench/score/agreement.ts';

describe('features', () => {
  const row = [3, 4];
  const said = (...rows: number[][]) => rows.map((one, i) => ({ name: 'ABC'[i]!, rows: [row, one] }));

  it('differ by the length of the difference of the worst row', () => {
    expect(farthestRow([row, [3, 4.05]], [row, row])).toBeCloseTo(0.01, 12);
    expect(farthestRow([row], [row, row])).toBe(Infinity);
    expect(farthestRow([[3]], [row])).toBe(Infinity);
  });

  it('may differ by rounding', () => {
    requireSameFeatures(said([3, 4], [3, 4 * (1 + bounds.features / 2)], [3, 4]));
    requireSameFeatures(said([3, 4]));
  });

  it.each([
    ['A', [[3, 4.1], row, row]],
    ['C', [row, row, [3, 4.1]]],
  ])('name who has another network, the first or the last: %s', (name, rows) => {
    expect(() => requireSameFeatures(said(...rows))).toThrow(
      new RegExp(
        `^features of images that need no resizing, .*: got 0\\.0\\d+ from ${name}, expected .* within 0.000200, as from`,
      ),
    );
  });
});

describe('values', () => {
  const legacy = (name: string, values: SaidValues['values']): SaidValues => ({ name, way: 'tensorflow', values });
  const [a, b] = [legacy('A', { frechet: 2, recall: 0.5 }), legacy('B', { frechet: 2.0001, recall: 0.501 })];
  const remedy = 'Look';

  it('are compared among those that have them in the same way', () => {
    const other: SaidValues = { name: 'P', way: 'half-pixel', values: { frechet: 3 } };
    requireSameValues([a, b, legacy('C', { frechet: 2 }), other], 1000, remedy);
  });

  it('name who has another', () => {
    expect(() => requireSameValues([a, b, legacy('C', { frechet: 2.01 })], 1000, remedy)).toThrow(
      'frechet of 1000 images (tensorflow): got 2.01 from C, expected 2.0001000 within 0.001, as from A, B. Look.',
    );
  });

  it('allow shares two images of few, and of many a share', () => {
    requireSameValues([a, legacy('C', { recall: 0.56 })], 32, remedy);
    expect(() => requireSameValues([a, legacy('C', { recall: 0.56 })], 10_000, remedy)).toThrow(
      'recall of 10000 images (tensorflow): got 0.5 from A, 0.56 from C, expected 0.53000000 within 0.00200. Look.',
    );
  });
});
