/** @file FD-infinity: the regression in closed form, dgm-eval's spacing, named draws, refusals. */
import { describe, expect, it } from 'vitest';
import { drawFitSubsets, fdInfinity, fitInverseSize, fitSizes } from '../../../harness/metrics/values/fd-infinity.ts';
import { memoryRows } from '../../../harness/metrics/features/rows.ts';
import { frechetDistance } from '../../../harness/metrics/values/frechet.ts';
import { typescriptAlgebra as algebra } from '../../../harness/metrics/linalg/typescript.ts';
import { momentsOf } from '../../../harness/metrics/linalg/moments.ts';
import { normalMatrix } from '../linalg/matrices.ts';

describe('fitInverseSize', () => {
  it('finds a line in 1/N', () => {
    const fit = fitInverseSize([100, 200, 400], [3 + 5, 3 + 2.5, 3 + 1.25]);
    expect(fit.value).toBeCloseTo(3, 13);
    expect(fit.slope).toBeCloseTo(500, 10);
    expect(fit.rSquared).toBeCloseTo(1, 13);
    expect(fit.residualSumOfSquares).toBeLessThan(1e-24);
  });

  it('reports how badly a line fits', () => {
    // x = 1, 1/2, 1/2; y = 1, 0, 1: slope 1, value 0, residuals 0, -1/2, 1/2.
    const fit = fitInverseSize([1, 2, 2], [1, 0, 1]);
    expect(fit.slope).toBeCloseTo(1, 14);
    expect(fit.value).toBeCloseTo(0, 14);
    expect(fit.residualSumOfSquares).toBeCloseTo(0.5, 14);
    expect(fit.rSquared).toBeCloseTo(0.25, 14);
  });

  it('is exact for equal values', () => {
    expect(fitInverseSize([10, 20], [4, 4])).toEqual({ value: 4, slope: 0, residualSumOfSquares: 0, rSquared: 1 });
  });

  it('refuses one size only', () => {
    expect(() => fitInverseSize([250, 250], [1, 2])).toThrow(
      'FD-infinity: got subsets of 250 samples only, expected at least two different sizes, because the slope over 1/N is undefined otherwise. Ask for subsets of different sizes.',
    );
    expect(() => fitInverseSize([], [])).toThrow('FD-infinity: got no subsets, expected at least two different sizes');
  });
});

describe('subsets', () => {
  it('have the sizes that dgm-eval uses for 50,000 samples', () => {
    expect(fitSizes(50_000, 5_000)).toEqual([
      5000, 8214, 11428, 14642, 17857, 21071, 24285, 27500, 30714, 33928, 37142, 40357, 43571, 46785, 50000,
    ]);
  });

  it('are drawn without replacement and named by the seed', () => {
    const [first, second] = drawFitSubsets(100, [30, 100], 3);
    expect(first).toHaveLength(30);
    expect(new Set(first).size).toBe(30);
    expect(new Set(second).size).toBe(100);
    expect(drawFitSubsets(100, [30], 3)[0]).toEqual(first);
    expect(drawFitSubsets(100, [30], 4)[0]).not.toEqual(first);
  });
});

describe('fdInfinity', () => {
  const generated = memoryRows(normalMatrix(300, 4, 70), 4);
  const reference = momentsOf(memoryRows(normalMatrix(400, 4, 71), 4), algebra);

  it('measures every subset and fits through them', () => {
    const subsets = drawFitSubsets(300, [50, 100, 300], 5);
    const result = fdInfinity(reference, generated, subsets, algebra);
    expect(result.sizes).toEqual([50, 100, 300]);
    expect(result.distances[2]).toBeCloseTo(
      frechetDistance(momentsOf(generated, algebra), reference, algebra).value,
      12,
    );
    expect(result).toMatchObject(fitInverseSize(result.sizes, result.distances));
    expect(result.clampedCount).toBe(0);
  });

  it('refuses a subset of N <= D, or counts what it clamps when asked', () => {
    const subsets = drawFitSubsets(300, [4, 100], 6);
    expect(() => fdInfinity(reference, generated, subsets, algebra)).toThrow(/got 4 samples of 4 features/);
    expect(fdInfinity(reference, generated, subsets, algebra, 'clamp').clampedCount).toBe(1);
  });
});
