/** @file The Karras grid: published values, exact ends, refusals. */
import { describe, expect, it } from 'vitest';
import { noiseLevels } from '../../harness/method/levels.ts';

const edm = { sigmaMin: 0.002, sigmaMax: 80, rho: 7, sigmaData: 0.5 };

describe('noiseLevels', () => {
  it('ends exactly at sigmaMin and sigmaMax, so that the boundary condition holds to the bit', () => {
    for (const N of [2, 11, 151, 201, 1281]) {
      const sigma = noiseLevels(N, edm);
      expect([sigma.length, sigma[0], sigma[N - 1]]).toEqual([N, 0.002, 80]);
    }
    // For many ends the seventh power of the seventh root is another number than the end itself.
    for (let sigmaMax = 1; sigmaMax <= 100; sigmaMax++) {
      const sigma = noiseLevels(3, { ...edm, sigmaMin: sigmaMax / 1000, sigmaMax });
      expect([sigma[0], sigma[2]]).toEqual([sigmaMax / 1000, sigmaMax]);
    }
  });

  it('is strictly ascending up to 1281 levels', () => {
    const sigma = noiseLevels(1281, edm);
    expect(sigma.every((level, j) => j === 0 || level > sigma[j - 1]!)).toBe(true);
  });

  // Computed with 40 digits from EDM eq. 5 (mpmath 1.3.0); the printed digits are those of the fact sheet of both papers.
  it.each([
    [11, 1, 0.016720753],
    [11, 2, 0.085087203],
    [11, 9, 45.313734],
    [151, 1, 0.0023551626],
    [151, 149, 77.133293],
    [201, 1, 0.0022616634],
    [201, 199, 77.841582],
    [1281, 1, 0.0020390858],
    [1281, 2, 0.0020788246],
    [1281, 1279, 79.659404],
  ])('has the published level: N = %i, index %i: %d', (N, j, expected) => {
    expect(noiseLevels(N, edm)[j]).toSatisfy((value: number) => Math.abs(value / expected - 1) < printedDigits);
  });

  it('is a straight line for rho 1', () => {
    expect([...noiseLevels(3, { ...edm, rho: 1, sigmaMin: 1, sigmaMax: 3 })]).toEqual([1, 2, 3]);
  });

  it('refuses fewer than two levels', () => {
    expect(() => noiseLevels(1, edm)).toThrow(
      'noise levels: got 1, expected an integer number of levels from 2. Raise s0 or s1 of the curriculum.',
    );
    expect(() => noiseLevels(2.5, edm)).toThrow('got 2.5, expected an integer number of levels from 2');
  });
});

/** The expected values are printed with eight digits. */
const printedDigits = 3e-8;
