/** @file Draws of reference runs: of each step, in our layout, and refused where they are not those of the pack's schedule. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readCase, tensorOf, type ConformanceCase } from '../../../harness/conformance/case.ts';
import { readTrajectory } from '../../../harness/conformance/trajectory/config.ts';
import { readDraws } from '../../../harness/conformance/trajectory/draws.ts';
import { toFloat32, toFloat64, type StoredTensor } from '../../../harness/formats/safetensors.ts';

const folder = join(import.meta.dirname, '../../golden/networks/trajectory');
const drawsOf = (reference: ConformanceCase) => readDraws(reference, readTrajectory(reference));

function withTensor(reference: ConformanceCase, name: string, change: (tensor: StoredTensor) => StoredTensor) {
  const tensors = new Map(reference.tensors);
  tensors.set(name, change(tensorOf(reference, name)));
  return { ...reference, tensors };
}

describe('readDraws', () => {
  it('gives images and noise of a step with channels last, and its labels', () => {
    const reference = readCase(join(folder, 'ct-adm-a-24-steps'));
    const { images, noise, labels } = drawsOf(reference)(5);
    for (const [name, values] of [
      ['images', images],
      ['noise', noise],
    ] as const) {
      const stored = toFloat32(tensorOf(reference, name));
      // Step 5, image 1, row 2, column 3, channel 1 of [24,4,3,8,8] and of [4,8,8,3].
      expect(values[((1 * 8 + 2) * 8 + 3) * 3 + 1]).toBe(stored[(((5 * 4 + 1) * 3 + 1) * 8 + 2) * 8 + 3]);
      expect(values.length).toBe(4 * 8 * 8 * 3);
    }
    expect([...labels]).toEqual([...toFloat64(tensorOf(reference, 'labels')).slice(20, 24)]);
  });

  it('counts intervals from 0', () => {
    const reference = readCase(join(folder, 'ict-a-24-steps'));
    const index = toFloat64(tensorOf(reference, 'index')).slice(92, 96);
    expect([...drawsOf(reference)(23).intervals]).toEqual([...index].map((i) => i - 1));
  });

  it("refuses an interval that the pack's own N does not have, naming the step", () => {
    const reference = readCase(join(folder, 'ict-a-24-steps'));
    const broken = withTensor(reference, 'index', (tensor) => {
      const bytes = Uint8Array.from(tensor.bytes);
      new DataView(bytes.buffer).setInt32(4 * 4 * 3, 11, true);
      return { ...tensor, bytes };
    });
    expect(() => drawsOf(broken)).toThrow(
      'index of step 3: got interval 11, expected an interval from 1 to N - 1, N = 11',
    );
  });

  it('refuses draws of another shape than the configuration says', () => {
    const reference = readCase(join(folder, 'ict-a-24-steps'));
    const broken = withTensor(reference, 'noise', (tensor) => ({ ...tensor, shape: [4, 24, 16, 16, 3] }));
    expect(() => drawsOf(broken)).toThrow('noise: got [4,24,16,16,3], expected shape [24, 4, 16, 16, 3]');
  });
});
