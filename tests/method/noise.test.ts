/** @file p(i): published probabilities, sums, the inverse of the distribution and its edges. */
import { describe, expect, it } from 'vitest';
import { HostRandom } from '../../harness/core/random.ts';
import { noiseLevels } from '../../harness/method/levels.ts';
import {
  cumulativeDistribution,
  drawInterval,
  intervalProbabilities,
  lognormalMasses,
} from '../../harness/method/noise.ts';

const edm = { sigmaMin: 0.002, sigmaMax: 80, rho: 7, sigmaData: 0.5 };
const ict = { kind: 'lognormal', pMean: -1.1, pStd: 2.0 } as const;
const stages = [11, 21, 41, 81, 161, 321, 641, 1281];

/** Expected values are printed with six digits. */
const sixDigits = 1e-5;
/** A sum of 1,280 float64 values near 1e-3. */
const sumTolerance = 1e-13;

const total = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);
const relativeError = (actual: number, expected: number): number => Math.abs(actual / expected - 1);

describe('intervalProbabilities', () => {
  it('adds up to one for every stage of both curricula', () => {
    for (const N of [2, 3, 17, 54, 151, 201, ...stages]) {
      const sigma = noiseLevels(N, edm);
      expect(Math.abs(total(intervalProbabilities(ict, sigma)) - 1)).toBeLessThan(sumTolerance);
      expect(Math.abs(total(intervalProbabilities({ kind: 'uniform' }, sigma)) - 1)).toBeLessThan(sumTolerance);
    }
  });

  // Song & Dhariwal 2023, table 1, evaluated with 40 digits (mpmath 1.3.0).
  it('has the published distribution over 11 levels', () => {
    const p = intervalProbabilities(ict, noiseLevels(11, edm));
    const expected = [
      0.062633, 0.181737, 0.245501, 0.213494, 0.142446, 0.0806046, 0.0410799, 0.0195801, 0.00894387, 0.00397961,
    ];
    expected.forEach((value, j) => expect(relativeError(p[j]!, value)).toBeLessThan(sixDigits));
  });

  it('has the published ends and mode over 1,281 levels', () => {
    const p = intervalProbabilities(ict, noiseLevels(1281, edm));
    expect(relativeError(p[0]!, 0.000149821)).toBeLessThan(sixDigits);
    expect(relativeError(p[1]!, 0.000153132)).toBeLessThan(sixDigits);
    expect(p.indexOf(Math.max(...p)) + 1).toBe(330);
  });

  it('draws mostly low noise: the mean of ln sigma is near pMean, not near its negative', () => {
    const sigma = noiseLevels(1281, edm);
    const p = intervalProbabilities(ict, sigma);
    const mean = p.reduce((sum, value, j) => sum + (value * (Math.log(sigma[j]!) + Math.log(sigma[j + 1]!))) / 2, 0);
    expect(mean).toBeGreaterThan(-1.2);
    expect(mean).toBeLessThan(-1.0);
  });

  it('has the published mean noise', () => {
    for (const [N, expected] of [
      [11, 1.313195],
      [1281, 1.905678],
    ] as const) {
      const sigma = noiseLevels(N, edm);
      const mean = intervalProbabilities(ict, sigma).reduce((sum, value, j) => sum + value * sigma[j]!, 0);
      expect(relativeError(mean, expected)).toBeLessThan(1e-6);
    }
  });

  it('loses the same mass outside the grid whatever the number of levels, since the masses telescope', () => {
    for (const N of stages) expect(total(lognormalMasses(-1.1, 2, noiseLevels(N, edm)))).toBeCloseTo(0.99166315, 8);
  });

  it('keeps its digits in the far tails, where differences of erf would be zero', () => {
    const sigma = Float64Array.of(1, 1.0001);
    // phi(z) dz at z = ln(sigma)/pStd = 20 below and above the mean: the two tails mirror each other.
    const [low] = lognormalMasses(20, 1, sigma);
    const [high] = lognormalMasses(-20, 1, sigma);
    const density = Math.exp(-200) / Math.sqrt(2 * Math.PI);
    // The interval is 1e-4 wide and the density changes by a factor exp(20 x 1e-4) over it.
    expect(relativeError(low!, density * Math.log(1.0001))).toBeLessThan(2e-3);
    expect(relativeError(high!, density * Math.log(1.0001))).toBeLessThan(2e-3);
    expect(low! / high!).toBeCloseTo(Math.exp(20 * Math.log(1.0001)), 5);
  });

  it('refuses a lognormal without mass on the grid', () => {
    expect(() => intervalProbabilities({ kind: 'lognormal', pMean: 1000, pStd: 1 }, noiseLevels(11, edm))).toThrow(
      'lognormal noise: got no mass between sigma 0.002 and 80, expected a distribution that overlaps the grid. Change pMean or pStd.',
    );
  });
});

describe('drawInterval', () => {
  const cumulative = cumulativeDistribution(Float64Array.of(0.25, 0, 0.5, 0.25));

  it.each([
    [0, 0],
    [0.2499999, 0],
    [0.25, 2],
    [0.7499999, 2],
    [0.75, 3],
    [1 - 2 ** -53, 3],
  ])('inverts the distribution at %d', (u, interval) => {
    expect(drawInterval(cumulative, u)).toBe(interval);
  });

  it('ends at one even where the sum falls short of it', () => {
    const tenths = cumulativeDistribution(new Float64Array(10).fill(0.1));
    expect(tenths[9]).toBe(1);
    expect(drawInterval(tenths, 1 - 2 ** -53)).toBe(9);
  });

  it('never leaves the intervals, one for every level but the last', () => {
    const one = cumulativeDistribution(intervalProbabilities(ict, noiseLevels(2, edm)));
    expect([0, 0.5, 1 - 2 ** -53].map((u) => drawInterval(one, u))).toEqual([0, 0, 0]);
  });

  it('draws every interval as often as its probability says', () => {
    const p = intervalProbabilities(ict, noiseLevels(11, edm));
    const ends = cumulativeDistribution(p);
    const random = new HostRandom(7, 'level', 0);
    const draws = 20_000;
    const counts = new Float64Array(10);
    for (let n = 0; n < draws; n++) counts[drawInterval(ends, random.uniform())]! += 1;
    const chiSquared = counts.reduce((sum, count, j) => sum + (count - draws * p[j]!) ** 2 / (draws * p[j]!), 0);
    // 99.99 % point of chi squared with 9 degrees of freedom; the seed is fixed, so this never flickers.
    expect(chiSquared).toBeLessThan(33.7);
  });
});
