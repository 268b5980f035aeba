/** @file The exact sign-flip test against enumeration, and Holm's correction. */
import { describe, expect, it } from 'vitest';
import { HostRandom } from '../../harness/core/random.ts';
import { holmAdjusted, signFlipPValue } from '../../harness/judge/permutation.ts';

describe('signFlipPValue', () => {
  it('is two in 2^n when all differences have one sign', () => {
    expect(signFlipPValue([1, 2, 3])).toBe(0.25);
    expect(signFlipPValue([-5, -1, -2, -0.1, -3, -4])).toBe(2 / 64);
  });

  it('counts ties with the observed sum, equal differences included', () => {
    expect(signFlipPValue([1, 1, 1, -1])).toBe(10 / 16);
    expect(signFlipPValue([0.1, 0.2, 0.3, -0.6])).toBe(1);
    expect(signFlipPValue([0, 0])).toBe(1);
  });

  it('counts what a plain enumeration of all signs counts', () => {
    const random = new HostRandom(3, 'bootstrap', 0);
    for (let n = 1; n <= 9; n++) {
      for (let trial = 0; trial < 20; trial++) {
        const differences = Array.from({ length: n }, () => random.normal() + 0.5);
        expect(signFlipPValue(differences)).toBe(enumerated(differences));
      }
    }
  });

  it('takes forty differences and no more', () => {
    expect(signFlipPValue(new Array<number>(40).fill(1))).toBe(2 ** -39);
    expect(signFlipPValue(new Array<number>(41).fill(1))).toBeNull();
  });
});

describe('holmAdjusted', () => {
  it('multiplies the smallest by all, the next by one fewer, and keeps their order', () => {
    expect(holmAdjusted([0.04, 0.01, 0.03])).toEqual([0.06, 0.03, 0.06]);
    expect(holmAdjusted([0.02])).toEqual([0.02]);
    expect(holmAdjusted([0.9, 0.8])).toEqual([1, 1]);
    expect(holmAdjusted([])).toEqual([]);
  });
});

function enumerated(differences: readonly number[]): number {
  const sum = (signs: number): number =>
    differences.reduce((total, value, i) => total + ((signs >> i) & 1 ? -value : value), 0);
  const observed = Math.abs(sum(0));
  let count = 0;
  for (let signs = 0; signs < 2 ** differences.length; signs++) {
    if (Math.abs(sum(signs)) >= observed - 1e-12) count += 1;
  }
  return count / 2 ** differences.length;
}
