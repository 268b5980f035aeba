/** @file Tolerances of reference runs: rows by their rule, weights by a part of their movement and what float32 can resolve. */
import { describe, expect, it } from 'vitest';
import type { ConformanceCase } from '../../../harness/conformance/case.ts';
import { trajectoryTolerance } from '../../../harness/conformance/trajectory/tolerance.ts';
import { float32Tensor } from '../../../harness/formats/safetensors.ts';

const row = { rule: 'elementwise', rtol: 1e-5, atol: 0 };
const reference = (rule = 'trajectory'): ConformanceCase => ({
  folder: '/packs/a',
  kind: 'trajectory',
  id: 'a',
  config: {},
  json: { tolerance: { rule, rows: { loss: row }, delta: { '8/teacher': { rtol: 2e-4, roundings: 10 } } } },
  tensors: new Map([['params/block/w', float32Tensor(Float32Array.of(0.5, -2), [2])]]),
});

describe('trajectoryTolerance', () => {
  it('gives a row its own rule', () => {
    expect(trajectoryTolerance(reference(), 'loss')).toEqual(row);
  });

  it('allows a difference of weights a share of the largest and roundings of the largest starting weight', () => {
    expect(trajectoryTolerance(reference(), 'delta/8/teacher/block/w')).toEqual({
      rule: 'tensor-max',
      rtol: 2e-4,
      atol: (10 * 2) / 2 ** 24,
    });
  });

  it.each([
    ['gradientNorm', 'tolerance.rows["gradientNorm"]'],
    ['delta/9/teacher/block/w', 'tolerance.delta["9/teacher"]'],
    ['delta/8/parameters/block/w', 'tolerance.delta["8/parameters"]'],
  ])('refuses a pack without a rule for %s', (name, where) => {
    expect(() => trajectoryTolerance(reference(), name)).toThrow(`/packs/a/case.json at ${where}: got `);
  });

  it('refuses a pack with another rule', () => {
    expect(() => trajectoryTolerance(reference('tensor-max'), 'loss')).toThrow('tolerance.rule: got "tensor-max"');
  });
});
