/** @file The rules of the networks set: largest error of a tensor, error of each element, tensors that are zero, nothing missing. */
import { describe, expect, it } from 'vitest';
import type { ConformanceCase } from '../../../harness/conformance/case.ts';
import { judgeTensors } from '../../../harness/conformance/judge/judge-tensors.ts';
import { float32Tensor } from '../../../harness/formats/safetensors.ts';

const reference = (
  tolerance: unknown,
  expected: unknown = ['y'],
  values: readonly number[] = [1, -100, 0],
): ConformanceCase => ({
  folder: '/pack',
  kind: 'any',
  id: 'any',
  config: {},
  json: { expected, tolerance },
  tensors: new Map([
    ['y', float32Tensor(Float32Array.from(values), [values.length])],
    ['dead', float32Tensor(Float32Array.of(0, 0), [2])],
  ]),
});

const judge = (tolerance: unknown, actual: readonly number[]) =>
  judgeTensors(reference(tolerance), new Map([['y', actual]]));

describe('judgeTensors', () => {
  const tensorMax = { rule: 'tensor-max', rtol: 0.01, atol: 0 };
  const elementwise = { rule: 'elementwise', rtol: 0.01, atol: 0 };

  it('weighs the largest error of a tensor by its largest value', () => {
    expect(judge(tensorMax, [1.5, -100, 0])).toEqual({ passed: true, compared: 3, share: 0.5, worst: 'y' });
    expect(judge(tensorMax, [1, -102, 0])).toEqual({ passed: false, compared: 3, share: 2, worst: 'y' });
  });

  it('weighs each element by itself, so that a zero must be met exactly', () => {
    expect(judge(elementwise, [1.005, -100.5, 0]).share).toBeCloseTo(0.5, 9);
    expect(judge(elementwise, [1, -100, 1e-30])).toEqual({ passed: false, compared: 3, share: Infinity, worst: 'y' });
    expect(judge({ ...elementwise, atol: 1e-29 }, [1, -100, 1e-30]).passed).toBe(true);
  });

  it('judges tensors that are zero in theory by their own bound', () => {
    const tolerance = { ...tensorMax, zeroTensors: ['dead'], zeroAtol: 1e-6 };
    const verdict = judgeTensors(
      reference(tolerance, ['y', 'dead']),
      new Map([
        ['y', [1, -100, 0]],
        ['dead', [0, 5e-7]],
      ]),
    );
    expect(verdict).toEqual({ passed: true, compared: 5, share: 0.5, worst: 'dead' });
  });

  it('lets nothing pass that is too short or not finite', () => {
    expect(judge(tensorMax, [1, -100])).toMatchObject({
      passed: false,
      share: Infinity,
      worst: 'y: 2 values, expected 3',
    });
    expect(judge(tensorMax, [1, -100, NaN])).toMatchObject({ passed: false, share: Infinity });
    expect(judge(tensorMax, [1, -100, -Infinity])).toMatchObject({ passed: false, share: Infinity });
  });

  it('refuses a pack that expects a tensor which its kind does not compute, and names it', () => {
    expect(() => judgeTensors(reference(tensorMax), new Map([['yy', [1]]]))).toThrow(
      '/pack/case.json: got "y" under "expected", expected names of values that the kind any computes for such a case. Did you mean "yy".',
    );
  });

  it('compares nothing where the expected tensor is empty', () => {
    expect(judgeTensors(reference(tensorMax, ['y'], []), new Map([['y', []]])).compared).toBe(0);
  });

  it('refuses a tolerance that every error is within', () => {
    for (const rtol of [Infinity, -1, 'much', null])
      expect(() => judge({ rule: 'tensor-max', rtol }, [1, -100, 0])).toThrow('tolerance rtol: got ');
  });

  it('refuses a pack that expects nothing or names no rule', () => {
    expect(() => judgeTensors(reference(tensorMax, []), new Map())).toThrow(
      '/pack/case.json: got [], expected a list of tensor names under "expected". Fetch the pack again.',
    );
    expect(() => judge({ rule: 'mean', rtol: 1 }, [1, -100, 0])).toThrow(
      '/pack/case.json: got {"rule":"mean","rtol":1}, expected a tolerance with rule tensor-max or elementwise and rtol. Fetch the pack again.',
    );
  });
});
