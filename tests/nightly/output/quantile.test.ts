/** @file Quantiles by hand. */
import { describe, expect, it } from 'vitest';
import { quantile } from '../../../harness/nightly/output/quantile.ts';

describe('a quantile', () => {
  it('lies between order statistics as definition 7 of Hyndman and Fan says', () => {
    // Position p (n - 1) among 1, 2, 4, 8: 0.75, 1.5, 2.25.
    expect(quantile([8, 1, 4, 2], 0.25)).toBe(1.75);
    expect(quantile([8, 1, 4, 2], 0.5)).toBe(3);
    expect(quantile([8, 1, 4, 2], 0.75)).toBe(5);
    expect(quantile([7], 0.75)).toBe(7);
  });
});
