/** @file Checkpoints of flax: trees of arrays, arrays in pieces, and damaged files refused with the byte. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DataError } from '../../harness/core/errors.ts';
import { flatten, readFlaxState } from '../../harness/formats/flax-state.ts';
import { readMsgpack } from '../../harness/formats/msgpack.ts';
import { toFloat64 } from '../../harness/formats/safetensors.ts';

const folder = join(import.meta.dirname, '../fixtures/checkpoints');
const fixture = (name: string): string => join(folder, name);

function written(bytes: Uint8Array): string {
  const path = join(mkdtempSync(join(tmpdir(), 'flax-state-')), 'checkpoint');
  writeFileSync(path, bytes);
  return path;
}

describe('a flax checkpoint', () => {
  test('is a tree with the fields of the training state that hold arrays', () => {
    const tree = readFlaxState(fixture('checkpoint_74'));
    expect([...tree.keys()]).toEqual(expect.arrayContaining(['params', 'target_params', 'params_ema']));
    expect(tree.has('step')).toBe(false);
    expect(flatten(tree).get('params_ema/Conv_0/kernel')!.shape).toEqual([3, 3, 3, 4]);
  });

  test('has arrays in pieces put together, bfloat16 and scalars', () => {
    const flat = flatten(readFlaxState(fixture('chunked')));
    expect(flat.get('big')!.shape).toEqual([3, 4]);
    expect([...toFloat64(flat.get('big')!)]).toEqual(Array.from({ length: 12 }, (_, i) => i));
    expect([...toFloat64(flat.get('bf')!)]).toEqual([1, -3.140625]);
    expect([...toFloat64(flat.get('scalar')!)]).toEqual([2.5]);
  });

  test('is refused when it is cut short, with the byte', () => {
    const path = written(readFileSync(fixture('params-alone')).subarray(0, 40_000));
    expect(() => readFlaxState(path)).toThrow(
      new RegExp(
        `^${path}, byte \\d+: got 40000 bytes, expected more \\(it is cut short\\)\\. Fetch the file again\\.$`,
      ),
    );
  });

  test('is refused when something follows it', () => {
    const path = written(Buffer.concat([readFileSync(fixture('chunked')), Buffer.from([0])]));
    expect(() => readFlaxState(path)).toThrow('got 1 bytes after the value, expected one value and nothing after it');
  });

  test('is refused when it is no tree', () => {
    const path = written(Uint8Array.of(0x93, 1, 2, 3));
    expect(() => readFlaxState(path)).toThrow(
      `${path}: got no tree, expected a checkpoint of flax: a tree of named arrays. Use a file written by flax.serialization.to_bytes.`,
    );
  });
});

describe('MessagePack', () => {
  const read = (...bytes: number[]): unknown =>
    readMsgpack('x', Uint8Array.from(bytes), (type, data) => [type, ...data]);

  // The table of formats in the specification.
  test.each<[number[], unknown]>([
    [[0x7f], 127],
    [[0xe0], -32],
    [[0xc0], null],
    [[0xc2], false],
    [[0xc3], true],
    [[0xcc, 0xff], 255],
    [[0xcd, 0x01, 0x00], 256],
    [[0xce, 0xff, 0xff, 0xff, 0xff], 4294967295],
    [[0xcf, 0, 0, 0, 1, 0, 0, 0, 0], 4294967296],
    [[0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], 18446744073709551615n],
    [[0xd0, 0x80], -128],
    [[0xd1, 0x80, 0x00], -32768],
    [[0xd2, 0x80, 0, 0, 0], -2147483648],
    [[0xd3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], -1],
    [[0xca, 0x3f, 0xc0, 0, 0], 1.5],
    [[0xcb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0], 1.5],
    [[0xa2, 0x68, 0x69], 'hi'],
    [[0xd9, 0x01, 0x61], 'a'],
    [
      [0x92, 0x01, 0x02],
      [1, 2],
    ],
    [[0xdc, 0x00, 0x01, 0x05], [5]],
    [[0x81, 0xa1, 0x61, 0x01], new Map([['a', 1]])],
    [[0xc4, 0x02, 0x07, 0x08], Uint8Array.of(7, 8)],
    [
      [0xd4, 0x05, 0x09],
      [5, 9],
    ],
    [
      [0xc7, 0x02, 0xff, 0x01, 0x02],
      [-1, 1, 2],
    ],
  ])('reads %j', (bytes, value) => {
    expect(read(...bytes)).toEqual(value);
  });

  test('refuses the byte that no value begins with, and nesting without end', () => {
    expect(() => read(0xc1)).toThrow(DataError);
    expect(() => read(...new Array<number>(1000).fill(0x91), 0)).toThrow('more than 200 levels of nesting');
  });

  test('refuses a list of more items than there are bytes before it takes their memory', () => {
    expect(() => read(0xdd, 0xff, 0xff, 0xff, 0xff)).toThrow(
      /^x: got bytes that are no MessagePack \(Max length exceeded: .*\), expected a checkpoint\. Fetch the file again\.$/,
    );
  });
});
