/** @file What passes through the binding is counted by known amounts: traced nodes, handles, bytes each way, living tensors. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { compile } from '../../../harness/engine/compile/compile.ts';
import { backend } from '../../../harness/engine/binding.ts';
import { tallied } from '../../../harness/engine/operations/tally.ts';
import { engineForTests } from '../engine-fixture.ts';

beforeAll(async () => {
  await engineForTests();
});

describe('tallied', () => {
  it('counts four bytes for each float that goes to the device, and for each that comes back', () => {
    const { result, tally } = tallied(() => {
      const sum = tf.add(tf.tensor1d([1, 2, 3]), tf.tensor1d([4, 5, 6]));
      return Array.from(sum.dataSync());
    });
    expect(result).toEqual([5, 7, 9]);
    // Two vectors of three there, one back; three handles, all alive at the end.
    expect(tally).toMatchObject({ bytesToDevice: 24, bytesToHost: 12, handles: 3, nodes: {} });
    expect(tally.peakTensors - tally.tensorsBefore).toBe(3);
  });

  it('sees one copy more', () => {
    const x = tf.tensor1d(new Float32Array(100));
    const { tally: one } = tallied(() => tf.tidy(() => void tf.add(x, 1).dataSync()));
    const { tally: two } = tallied(() =>
      tf.tidy(() => {
        const y = tf.add(x, 1);
        void y.dataSync();
        void y.dataSync();
      }),
    );
    expect(two.bytesToHost - one.bytesToHost).toBe(400);
  });

  it('counts nodes while a function is traced, and none once it is', () => {
    const f = compile((x: tf.Tensor) => tf.sqrt(tf.add(tf.square(x), x)));
    const x = tf.tensor1d([1, 2]);
    expect(tallied(() => f(x)).tally.nodes).toEqual({ Square: 1, Add: 1, Sqrt: 1 });
    expect(tallied(() => f(x)).tally.nodes).toEqual({});
  });

  it('gives the binding back, also when what it runs fails', () => {
    const before = backend().binding;
    expect(() =>
      tallied(() => {
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(backend().binding).toBe(before);
  });
});
