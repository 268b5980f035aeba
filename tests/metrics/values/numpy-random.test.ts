/** @file NumPy's legacy generator against permutations that NumPy made. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readCase } from '../../../harness/conformance/case.ts';
import { tensorIndices } from '../../../harness/conformance/judge/tensor-rows.ts';
import { NumpyRandomState } from '../../../harness/metrics/values/numpy-random.ts';

describe('NumpyRandomState', () => {
  it.each(['generic', 'indivisible', 'class-sorted', 'one-hot-collapsed'])(
    'shuffles as RandomState(2020).permutation: inception-score/%s',
    (id) => {
      const reference = readCase(join(import.meta.dirname, `../../golden/metrics/inception-score/${id}`));
      const [order] = tensorIndices(reference, 'permutation');
      expect([...new NumpyRandomState(2020).permutation(order!.length)]).toEqual([...order!]);
    },
  );

  it('gives the numbers that NumPy 2.4.6 gives', () => {
    const seven = new NumpyRandomState(7);
    expect([...seven.permutation(10)]).toEqual([8, 5, 0, 2, 1, 9, 7, 3, 6, 4]);
    expect([...seven.permutation(10)]).toEqual([1, 3, 2, 5, 9, 0, 4, 6, 7, 8]);
    expect([...new NumpyRandomState(2020).permutation(50_000).subarray(0, 4)]).toEqual([24397, 39273, 6546, 13504]);
    expect([...new NumpyRandomState(2 ** 32 - 1).permutation(12)]).toEqual([11, 8, 5, 9, 1, 10, 6, 0, 4, 7, 2, 3]);
  });

  it('continues where the last draw ended', () => {
    const random = new NumpyRandomState(7);
    const [first, second] = [random.permutation(50), random.permutation(50)];
    expect(second).not.toEqual(first);
    expect([...second].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect(new NumpyRandomState(7).choice(50, 3)).toEqual(first.slice(0, 3));
  });
});
