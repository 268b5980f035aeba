/** @file The scalars of RAdam: published rho and r, the un-rectified start, both variants against a hand-written step. */
import { describe, expect, it } from 'vitest';
import { radamFactors, rectification } from '../../harness/method/radam.ts';

const optax = { variant: 'optax', beta1: 0.9, beta2: 0.999 } as const;
const torch = { variant: 'torch', beta1: 0.9, beta2: 0.999 } as const;

describe('radamFactors', () => {
  // Liu et al. 2020, algorithm 2, in float64.
  it('does not rectify the first five steps for beta2 0.999', () => {
    const rhos = [1, 1.9995, 2.998666, 3.997499, 4.995998, 5.994164];
    rhos.forEach((expected, i) => {
      for (const variant of [optax, torch]) {
        const { rho, rectified } = radamFactors(variant, i + 1);
        expect(Math.abs(rho - expected)).toBeLessThan(1e-6);
        expect(rectified).toBe(i === 5);
      }
    });
  });

  it.each([
    [6, 0.02582111],
    [10, 0.04899801],
    [100, 0.2153354],
    [1_000, 0.6453257],
    [10_000, 0.9997733],
  ])('has the published rectification at step %i', (t, expected) => {
    expect(Math.abs(rectification(radamFactors(optax, t).rho, 1999) / expected - 1)).toBeLessThan(1e-6);
  });

  it('follows the bias-corrected momentum before it rectifies', () => {
    expect(radamFactors(optax, 1)).toMatchObject({ rectified: false, varianceFactor: 1 });
    expect(radamFactors(torch, 2).momentFactor).toBeCloseTo(1 / (1 - 0.81), 12);
  });

  it('adds epsilon after the bias correction in optax and before it in torch', () => {
    const [m, v, epsilon, t] = [0.3, 4e-16, 1e-8, 20];
    const correction1 = 1 - 0.9 ** t;
    const correction2 = 1 - 0.999 ** t;
    const step = (variant: typeof optax | typeof torch): number => {
      const { momentFactor, varianceFactor } = radamFactors(variant, t);
      return (momentFactor * m) / (Math.sqrt(varianceFactor * v) + epsilon);
    };
    const r = rectification(radamFactors(optax, t).rho, 1999);
    const byOptax = (r * (m / correction1)) / (Math.sqrt(v / correction2) + epsilon);
    const byTorch = (r * (m / correction1) * Math.sqrt(correction2)) / (Math.sqrt(v) + epsilon);
    expect(Math.abs(step(optax) / byOptax - 1)).toBeLessThan(1e-11);
    expect(Math.abs(step(torch) / byTorch - 1)).toBeLessThan(1e-11);
    expect(byTorch / byOptax).toBeLessThan(0.8);
  });

  it('rectifies at rho 5 in optax and only above it in torch', () => {
    // beta2 0.6: rho_inf = 4, never rectified; the boundary itself needs a beta2 that hits 5 exactly, so the two are compared far from it.
    expect(radamFactors({ ...optax, beta2: 0.6 }, 1_000).rectified).toBe(false);
    expect(radamFactors({ ...torch, beta2: 0.9 }, 1_000).rectified).toBe(true);
  });

  it('tends to plain Adam', () => {
    const { momentFactor, varianceFactor } = radamFactors(optax, 1_000_000);
    expect([momentFactor, varianceFactor]).toEqual([1, 1]);
  });

  it('refuses step 0', () => {
    expect(() => radamFactors(optax, 0)).toThrow(
      'RAdam: got 0, expected an integer step from 1. Count the first update as step 1.',
    );
  });
});
