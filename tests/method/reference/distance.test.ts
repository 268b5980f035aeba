/** @file Distances between two images as plain numbers: closed forms, and the digits that the plain formula loses. */
import { describe, expect, it } from 'vitest';
import { l1, pseudoHuber, squaredL2 } from '../../../harness/method/reference/distance.ts';

describe('pseudoHuber', () => {
  it('is one norm over the image, not a sum over pixels', () => {
    // ||(3, 4, 12)|| = 13, and 13^2 + 84^2 = 85^2.
    expect(pseudoHuber([3, 4, 12], 84)).toBe(1);
  });

  it('is the norm for c = 0 and zero for equal images', () => {
    expect(pseudoHuber([3, 4], 0)).toBe(5);
    expect(pseudoHuber([0, 0], 0.03)).toBe(0);
    expect(pseudoHuber([0, 0], 0)).toBe(0);
  });

  it('keeps its digits where the plain form cancels', () => {
    const difference = [1e-9];
    const c = 0.03;
    // d^2 / (2 c) (1 - d^2 / (4 c^2) + ...): the second term is 3e-16 of the first.
    const exact = 1e-18 / 0.06;
    expect(Math.abs(pseudoHuber(difference, c) / exact - 1)).toBeLessThan(1e-14);
    expect(Math.abs((Math.sqrt(1e-18 + c * c) - c) / exact - 1)).toBeGreaterThan(0.01);
  });
});

describe('squaredL2 and l1', () => {
  it('are means over pixels and channels', () => {
    expect([squaredL2([1, -2, 3]), l1([1, -2, 3])]).toEqual([14 / 3, 2]);
  });
});
