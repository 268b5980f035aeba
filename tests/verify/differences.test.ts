/** @file Differences of tensors: the first one, and its distance in units in the last place. */
import { describe, expect, it } from 'vitest';
import { float32Tensor } from '../../harness/formats/safetensors.ts';
import {
  digestParts,
  firstTensorDifference,
  float32Bits,
  tensorDifferenceText,
  ulpDistance,
} from '../../harness/verify/differences.ts';

const bits = float32Bits;
const tensors = (...values: [string, number[]][]) =>
  new Map(values.map(([name, list]) => [name, float32Tensor(Float32Array.from(list), [list.length])]));

describe('the distance in units in the last place', () => {
  // 2^-23 is the spacing of float32 from 1 on, 2^-24 below it; from 1 to 2 there are 2^23 numbers; the least number is 2^-149.
  it.each([
    [1, 1, 0],
    [1, 1 + 2 ** -23, 1],
    [1, 1 - 2 ** -24, 1],
    [1, 2, 2 ** 23],
    [0, -0, 0],
    [2 ** -149, -(2 ** -149), 2],
    [1, NaN, Infinity],
    [NaN, NaN, 0],
  ])('of %d and %d is %d', (one, other, ulp) => {
    expect(ulpDistance(bits(one), bits(other))).toBe(ulp);
    expect(ulpDistance(bits(other), bits(one))).toBe(ulp);
  });
});

describe('the first tensor that differs', () => {
  const straight = tensors(['parameters/a', [1, 2]], ['parameters/b', [3, 4, 5]], ['teacher/a', [6]]);

  it('is none where all bits are equal', () => {
    expect(firstTensorDifference(straight, new Map(straight))).toBeNull();
  });

  it('is named with how many values differ and by how much', () => {
    const other = tensors(['parameters/a', [1, 2]], ['parameters/b', [3, 4 + 2 ** -20, 5]], ['teacher/a', [7]]);
    const difference = firstTensorDifference(straight, other)!;
    expect(difference).toEqual({ tensor: 'parameters/b', differing: 1, elements: 3, ulp: 2 });
    expect(tensorDifferenceText(difference)).toBe('parameters/b differs in 1 of 3 values, by 2 ulp at most');
  });

  it('is one that is missing, extra or of another shape', () => {
    const without = tensors(['parameters/a', [1, 2]], ['parameters/b', [3, 4, 5]]);
    expect(firstTensorDifference(straight, without)).toMatchObject({ tensor: 'teacher/a', ulp: null });
    expect(firstTensorDifference(without, straight)).toMatchObject({ tensor: 'teacher/a', ulp: null });
    const shorter = tensors(['parameters/a', [1]], ['parameters/b', [3, 4, 5]], ['teacher/a', [6]]);
    expect(tensorDifferenceText(firstTensorDifference(straight, shorter)!)).toBe(
      'parameters/a has another shape, or is missing on one side',
    );
  });

  it('shows in the digest of its part alone', () => {
    const one = digestParts(straight);
    const other = digestParts(tensors(['parameters/a', [1, 2]], ['parameters/b', [3, 4, 5]], ['teacher/a', [7]]));
    expect([...one.keys()]).toEqual(['parameters', 'teacher']);
    expect(other.get('parameters')).toBe(one.get('parameters'));
    expect(other.get('teacher')).not.toBe(one.get('teacher'));
  });
});
