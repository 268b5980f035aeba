/** @file erf and erfc in double precision against 40-digit values, identities and each other. */
import { describe, expect, it } from 'vitest';
import { erf, erfc } from '../../harness/method/error-function.ts';

/** Absolute for erf; a few units in the last place of values near 1. */
const erfTolerance = 1e-15;
/** Relative for erfc below x = 5. */
const erfcTolerance = 3e-15;

describe('erf and erfc', () => {
  // mpmath 1.3.0 with 40 digits: mp.erf(x), mp.erfc(x).
  it.each([
    [0, 0, 1],
    [0.1, 0.1124629160182849, 0.887537083981715],
    [0.5, 0.5204998778130465, 0.4795001221869535],
    [1, 0.8427007929497149, 0.1572992070502851],
    [1.9380386, 0.9938710286178447, 0.006128971382155286],
    [2, 0.9953222650189527, 0.004677734981047266],
    [2.5, 0.999593047982555, 0.000406952017444959],
    [3, 0.9999779095030014, 2.209049699858544e-5],
    [5, 0.9999999999984626, 1.5374597944280349e-12],
  ])('has the known values at %d', (x, expectedErf, expectedErfc) => {
    expect(Math.abs(erf(x) - expectedErf)).toBeLessThanOrEqual(erfTolerance);
    expect(Math.abs(erfc(x) / expectedErfc - 1)).toBeLessThanOrEqual(erfcTolerance);
  });

  it('is odd, bounded, and complementary', () => {
    for (let x = -6; x <= 6; x += 0.037) {
      expect(erf(-x)).toBe(-erf(x));
      expect(Math.abs(erf(x))).toBeLessThanOrEqual(1);
      expect(Math.abs(erf(x) + erfc(x) - 1)).toBeLessThanOrEqual(erfTolerance);
    }
  });

  it('joins series and continued fraction without a step', () => {
    const around = (x: number): number[] => [x - 1e-12, x, x + 1e-12];
    for (const x of [1, 2.5]) {
      const [below, at, above] = around(x).map(erfc) as [number, number, number];
      expect(below).toBeGreaterThan(at);
      expect(at).toBeGreaterThan(above);
    }
  });

  it('reaches its limits and passes NaN on', () => {
    expect([erf(Infinity), erf(-Infinity), erfc(Infinity), erfc(-Infinity), erf(NaN), erfc(NaN)]).toEqual([
      1,
      -1,
      0,
      2,
      NaN,
      NaN,
    ]);
  });
});
