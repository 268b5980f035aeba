/** @file safetensors: read back as written; a header that is not what it should be is one line that names the entry. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { sha256 } from '../../harness/core/hash.ts';
import {
  float32Tensor,
  readPinnedSafetensors,
  readSafetensors,
  toFloat32,
  writeSafetensors,
} from '../../harness/formats/safetensors.ts';

const folder = mkdtempSync(join(tmpdir(), 'safetensors-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('gives back what was written', () => {
  const path = join(folder, 'own.safetensors');
  writeSafetensors(path, [['a', float32Tensor(Float32Array.of(1, 2, 3), [3])]], { note: 'text' });
  const { tensors, metadata } = readSafetensors(path);
  expect([...toFloat32(tensors.get('a')!)]).toEqual([1, 2, 3]);
  expect(metadata).toEqual({ note: 'text' });
});

it('reads a pinned file only with the bytes that are pinned', async () => {
  const path = join(folder, 'pinned.safetensors');
  writeSafetensors(path, [['a', float32Tensor(Float32Array.of(1), [1])]]);
  const hash = sha256(readFileSync(path));
  expect((await readPinnedSafetensors(path, hash)).tensors.size).toBe(1);
  const other = '0'.repeat(64);
  await expect(readPinnedSafetensors(path, other)).rejects.toThrow(
    `${path}: got sha256 ${hash}, expected sha256 ${other}. Check the file out again.`,
  );
});

describe('a header', () => {
  const written = (header: string, data = ''): string => {
    const path = join(folder, 'header.safetensors');
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(Buffer.byteLength(header)));
    writeFileSync(path, Buffer.concat([length, Buffer.from(header), Buffer.from(data)]));
    return path;
  };
  const entry = (fields: object): string =>
    JSON.stringify({ a: { dtype: 'F32', shape: [1], data_offsets: [0, 4], ...fields } });

  it.each([
    ['null', 'a header that is not an object, expected a safetensors file'],
    ['[1]', 'a header that is not an object, expected a safetensors file'],
    ['{"a":', 'a header that is not JSON, expected a safetensors file'],
    ['{"a":null}', '"a" described by null, expected an object that describes it'],
    ['{"a":[1]}', '"a" described by [1], expected an object that describes it'],
    ['{"a":"F32"}', '"a" described by "F32", expected an object that describes it'],
    ['{"__metadata__":[]}', '"__metadata__" described by [], expected an object that describes it'],
    ['{"__metadata__":{"n":1}}', 'metadata that are no texts, expected texts by name'],
    [entry({ dtype: null }), 'tensor "a" of type null, expected one of F64,'],
    [entry({ dtype: 'toString' }), 'tensor "a" of type "toString", expected one of F64,'],
    [entry({ shape: null }), 'tensor "a" of shape null, expected a list of sizes'],
    [entry({ shape: undefined }), 'tensor "a" of shape nothing, expected a list of sizes'],
    [entry({ data_offsets: null }), 'tensor "a" at null, expected two offsets'],
    [entry({ data_offsets: [0, null] }), 'tensor "a" at [0,null], expected two offsets'],
  ])('%s is refused in one line', (header, message) => {
    const path = written(header, 'abcd');
    expect(() => readSafetensors(path)).toThrow(`${path}: got ${message}`);
  });

  it('whose metadata are null holds none, as in the reference implementation', () => {
    expect(readSafetensors(written('{"__metadata__":null}')).metadata).toEqual({});
  });
});
