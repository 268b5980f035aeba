/** @file The scalings around the network: the boundary condition, published values, both noise embeddings. */
import { describe, expect, it } from 'vitest';
import { consistencyScalings, noiseConditioning } from '../../harness/method/precondition.ts';

const edm = { sigmaMin: 0.002, sigmaMax: 80, rho: 7, sigmaData: 0.5 };

/** Values are printed with eight digits. */
const printedDigits = 1e-7;

describe('consistencyScalings', () => {
  it('make f the identity at sigmaMin, to the bit', () => {
    const { cSkip, cOut } = consistencyScalings(0.002, edm);
    expect([cSkip, cOut]).toEqual([1, 0]);
  });

  // Song et al. 2023, appendix C; openai/consistency_models get_scalings_for_boundary_condition at e32b69e.
  it.each([
    [0.002, 1, 0, 1.999984],
    [0.821, 0.27151454, 0.42599871, 1.04028989],
    [80, 3.9062927e-5, 0.49997773, 0.01249976],
  ])('have the published values at sigma %d', (sigma, cSkip, cOut, cIn) => {
    const scalings = consistencyScalings(sigma, edm);
    expect(Math.abs(scalings.cSkip - cSkip)).toBeLessThan(printedDigits * (cSkip + 1e-3));
    expect(Math.abs(scalings.cOut - cOut)).toBeLessThan(printedDigits);
    expect(Math.abs(scalings.cIn - cIn)).toBeLessThan(printedDigits * 2);
  });

  it('keep sigma, not sigma - sigmaMin, under the root of cOut', () => {
    expect(consistencyScalings(3, { sigmaMin: 1, sigmaData: 4 }).cOut).toBe((4 * 2) / 5);
  });
});

describe('noiseConditioning', () => {
  it.each([
    [0.002, -1.553652],
    [0.821, -0.04930804],
    [80, 1.09550666],
  ])('is a quarter of ln sigma for ncsnpp and a thousand times that for adm: sigma %d', (sigma, expected) => {
    expect(noiseConditioning('ncsnpp', sigma)).toBeCloseTo(expected, 7);
    expect(noiseConditioning('adm', sigma)).toBeCloseTo(1000 * expected, 4);
  });
});
