/** @file The constant of pseudo-Huber on both data sets. */
import { describe, expect, it } from 'vitest';
import { pseudoHuberConstant } from '../../harness/method/distance.ts';

describe('pseudoHuberConstant', () => {
  // Song & Dhariwal 2023, section 3.3: c = 0.00054 sqrt(d).
  it('is 0.02993 on CIFAR-10 and 0.05986 on ImageNet 64x64', () => {
    expect(pseudoHuberConstant(0.000_54, 32 * 32 * 3)).toBeCloseTo(0.02993, 6);
    expect(pseudoHuberConstant(0.000_54, 64 * 64 * 3)).toBeCloseTo(0.05986, 6);
  });
});
