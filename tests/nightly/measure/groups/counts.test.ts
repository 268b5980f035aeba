/** @file Bytes of tensors in a file: what is noted beside them, seconds among it, does not count. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { float32Tensor, writeSafetensors } from '../../../../harness/formats/safetensors.ts';
import { tensorBytes } from '../../../../harness/nightly/measure/groups/counts.ts';

it('is four for each float, whatever is noted beside the tensors', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tensor-bytes-'));
  const bytes = ['1.5', '1234567.891011'].map((seconds) => {
    const path = join(folder, `${seconds}.safetensors`);
    writeSafetensors(path, [['a', float32Tensor(new Float32Array(6), [2, 3])]], { seconds });
    return tensorBytes(path);
  });
  expect(bytes).toEqual([24, 24]);
});
