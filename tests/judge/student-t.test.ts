/** @file Student's t against closed forms, published tables and 40-digit arithmetic. */
import { describe, expect, it } from 'vitest';
import { incompleteBeta, tQuantile, tTail } from '../../harness/judge/student-t.ts';

/** Ten digits: more than any table prints, and far above the rounding of the continued fraction. */
const relativeTolerance = 1e-10;

const confidences = [0.5, 0.9, 0.95, 0.99, 0.999] as const;

// mpmath 1.3.0 at 40 digits: bisection on betainc(nu/2, 1/2, 0, nu/(nu+t^2), regularized=True).
const quantiles: readonly (readonly [number, readonly number[]])[] = [
  [1, [1.0, 6.313751514675043, 12.706204736174705, 63.65674116287158, 636.6192487687197]],
  [2, [0.816496580927726, 2.9199855803537256, 4.302652729749464, 9.924843200918293, 31.59905457644362]],
  [3, [0.7648923284043453, 2.3533634348018238, 3.1824463052837095, 5.840909309733357, 12.923978636687483]],
  [4, [0.7406970841126826, 2.1318467863266504, 2.7764451051977943, 4.604094871349993, 8.610301581379275]],
  [5, [0.7266868438004227, 2.0150483733330242, 2.5705818356363155, 4.032142983555228, 6.86882662588111]],
  [9, [0.7027221467513264, 1.8331129326562372, 2.2621571627982053, 3.2498355415921263, 4.780912585931139]],
  [30, [0.6827556933212926, 1.6972608865939578, 2.042272456301238, 2.7499956535672254, 3.645958635042022]],
  [2.5, [0.7850136829923011, 2.5582186141359364, 3.574654842003683, 7.163728138948786, 18.277893528130647]],
  [120, [0.6765397249125202, 1.6576508993552357, 1.979930405082441, 2.617421145106866, 3.3734537685625003]],
  [1000, [0.6747351646070094, 1.6463788172854648, 1.9623390808264085, 2.580754698065951, 3.300282648423913]],
];

// mpmath 1.3.0 at 40 digits, the same expression.
const tails: readonly (readonly [number, number, number])[] = [
  [0.1, 3, 0.9266523488008058],
  [2, 2.7, 0.149423438070502],
  [12, 5, 7.089492517161522e-5],
  [60, 8, 6.615115847914828e-12],
  [1e-9, 4, 0.99999999925],
];

describe('the quantile of Student t', () => {
  it.each(quantiles)('agrees with 40-digit arithmetic at %d degrees of freedom', (degrees, expected) => {
    confidences.forEach((confidence, i) => {
      expect(relative(tQuantile(confidence, degrees), expected[i]!)).toBeLessThan(relativeTolerance);
    });
  });

  it('agrees with the closed forms at 1, 2 and 4 degrees of freedom', () => {
    for (const confidence of confidences) {
      const p = (1 + confidence) / 2;
      const one = Math.tan(Math.PI * (p - 0.5));
      const alpha = 4 * p * (1 - p);
      const two = (2 * (p - 0.5) * Math.SQRT2) / Math.sqrt(alpha);
      const four = 2 * Math.sqrt(Math.cos(Math.acos(Math.sqrt(alpha)) / 3) / Math.sqrt(alpha) - 1);
      expect(relative(tQuantile(confidence, 1), one)).toBeLessThan(relativeTolerance);
      expect(relative(tQuantile(confidence, 2), two)).toBeLessThan(relativeTolerance);
      expect(relative(tQuantile(confidence, 4), four)).toBeLessThan(relativeTolerance);
    }
  });

  it('agrees with the printed table of the NIST/SEMATECH handbook, section 1.3.6.7.2', () => {
    const printed: readonly (readonly [number, number])[] = [
      [3, 3.182],
      [7, 2.365],
      [14, 2.145],
      [29, 2.045],
      [60, 2.0],
      [100, 1.984],
    ];
    for (const [degrees, value] of printed) expect(Number(tQuantile(0.95, degrees).toFixed(3))).toBe(value);
  });

  it('approaches the normal distribution', () => {
    // z + (z^3 + z) / (4 nu), the first term of the expansion in 1 / nu (Abramowitz & Stegun 26.7.5).
    const z = 1.959963984540054;
    expect(relative(tQuantile(0.95, 1e5), z + (z ** 3 + z) / 4e5)).toBeLessThan(1e-9);
  });

  it('refuses a confidence of 1 and zero degrees of freedom', () => {
    expect(() => tQuantile(1, 3)).toThrow(
      'confidence: got 1, expected a number between 0 and 1. Choose a level such as 0.95.',
    );
    expect(() => tQuantile(0.95, 0)).toThrow(
      'degrees of freedom: got 0, expected a positive finite number. Use at least two values.',
    );
  });
});

describe('the tail of Student t', () => {
  it.each(tails)('at t = %d and %d degrees of freedom agrees with 40-digit arithmetic', (t, degrees, expected) => {
    expect(relative(tTail(t, degrees), expected)).toBeLessThan(relativeTolerance);
    expect(tTail(-t, degrees)).toBe(tTail(t, degrees));
  });

  it('is the whole at zero and nothing at infinity', () => {
    expect(tTail(0, 3)).toBe(1);
    expect(tTail(Infinity, 3)).toBe(0);
  });
});

describe('the incomplete beta function', () => {
  it('is x^a for b = 1 and reflects about the middle', () => {
    for (const x of [0.01, 0.3, 0.77, 0.999]) {
      expect(relative(incompleteBeta(x, 1 - x, 2.5, 1), x ** 2.5)).toBeLessThan(1e-13);
      expect(incompleteBeta(x, 1 - x, 3, 0.5) + incompleteBeta(1 - x, x, 0.5, 3)).toBeCloseTo(1, 14);
    }
  });
});

function relative(got: number, expected: number): number {
  return Math.abs(got - expected) / Math.abs(expected);
}
