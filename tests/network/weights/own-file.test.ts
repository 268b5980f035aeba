/** @file Weights in our own file: read as written, refused when a value or a note was changed. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { float32Tensor, toFloat32, writeSafetensors } from '../../../harness/formats/safetensors.ts';
import { readOwnWeights, writeOwnWeights } from '../../../harness/network/weights/own-file.ts';

const tensors = [['a', float32Tensor(Float32Array.of(1, 2, 3, 4), [2, 2])]] as const;
let path: string;

beforeEach(() => {
  path = join(mkdtempSync(join(tmpdir(), 'own-file-')), 'weights.safetensors');
});

it('gives back what was written', () => {
  writeOwnWeights(path, tensors, { recipe: 'shapes-ct' });
  const read = readOwnWeights(path);
  expect(toFloat32(read.tensors.get('a')!)).toEqual(Float32Array.of(1, 2, 3, 4));
  expect(read.metadata.recipe).toBe('shapes-ct');
});

it.each([
  ['a value', (bytes: Buffer) => bytes.length - 1],
  ['a note', (bytes: Buffer) => bytes.indexOf('shapes-ct')],
])('refuses a file in which %s was changed', (_, place) => {
  writeOwnWeights(path, tensors, { recipe: 'shapes-ct' });
  const bytes = readFileSync(path);
  bytes[place(bytes)]! ^= 1;
  writeFileSync(path, bytes);
  expect(() => readOwnWeights(path)).toThrow(
    /^.*weights\.safetensors: got content that was changed after it was written, expected sha256 [0-9a-f]{64}\. Bring the file back, or/,
  );
});

it('takes a file of others, which names no hash', () => {
  writeSafetensors(path, tensors);
  expect(readOwnWeights(path).tensors.size).toBe(1);
});
