/** @file ZIP and npz archives: members verified, streamed in blocks, and every kind of damage named. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sha256 } from '../../harness/core/hash.ts';
import { encodeNpy } from '../../harness/formats/npy.ts';
import type { WritableNpyArray } from '../../harness/formats/npy.ts';
import { NpzFile, readNpz, writeNpz } from '../../harness/formats/npz.ts';
import { writeZip } from '../../harness/formats/zip-writer.ts';
import { ZipFile } from '../../harness/formats/zip.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'npz-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const empty = new Uint8Array(0);
const mu: WritableNpyArray = { dtype: 'float64', shape: [3], data: Float64Array.of(1, 2, 3) };
/** 700,000 bytes: more than one piece of a stream, and no multiple of a block. */
const images: WritableNpyArray = {
  dtype: 'uint8',
  shape: [7000, 10, 10],
  data: Uint8Array.from({ length: 700_000 }, (_, i) => (i * 2654435761) >>> 24),
};

function written(name: string, deflate: boolean): string {
  const path = join(folder, name);
  writeNpz(path, [['mu', mu], ['images', images]], { deflate }); // prettier-ignore
  return path;
}

async function collect(path: string, name: string, rowsPerBlock: number): Promise<{ sizes: number[]; bytes: Buffer }> {
  const file = new NpzFile(path);
  const sizes: number[] = [];
  const blocks: Uint8Array[] = [];
  try {
    for await (const { first, rows } of file.rows(name, rowsPerBlock)) {
      expect(first).toBe(sizes.reduce((sum, size) => sum + size, 0));
      sizes.push(rows.shape[0]!);
      blocks.push(new Uint8Array(rows.data.buffer, rows.data.byteOffset, rows.data.byteLength));
    }
  } finally {
    file.close();
  }
  return { sizes, bytes: Buffer.concat(blocks) };
}

describe.each([
  ['stored', false],
  ['deflated', true],
] as const)('%s archives', (label, deflate) => {
  test('give back what was written', () => {
    const read = readNpz(written(`${label}.npz`, deflate), ['images', 'mu']);
    expect(read.get('mu')).toEqual(mu);
    const { dtype, shape, data } = read.get('images')!;
    expect({ dtype, shape }).toEqual({ dtype: 'uint8', shape: [7000, 10, 10] });
    expect(Buffer.compare(data as Uint8Array, images.data)).toBe(0);
  });

  test('are read in blocks of rows, the last one shorter', async () => {
    const { sizes, bytes } = await collect(written(`${label}-blocks.npz`, deflate), 'images', 3000);
    expect(sizes).toEqual([3000, 3000, 1000]);
    expect(bytes.equals(images.data)).toBe(true);
  });

  test('tell type and shape without reading the elements', async () => {
    const file = new NpzFile(written(`${label}-header.npz`, deflate));
    expect(await file.header('images')).toMatchObject({ dtype: 'uint8', shape: [7000, 10, 10] });
    file.close();
  });

  test('are the same bytes whenever they are written', () => {
    expect(readFileSync(written('one.npz', deflate)).equals(readFileSync(written('two.npz', deflate)))).toBe(true);
  });

  test('with a changed byte are refused, whole and in blocks', async () => {
    const path = written(`${label}-changed.npz`, deflate);
    const bytes = readFileSync(path);
    bytes[bytes.length - 5000]! ^= 4;
    writeFileSync(path, bytes);
    const damage = /member "images.npy": got .*, expected (CRC-32|700128 bytes|an undamaged member)/;
    expect(() => readNpz(path, ['images'])).toThrow(damage);
    await expect(collect(path, 'images', 1000)).rejects.toThrow(damage);
  });
});

describe('archives that are not what they should be', () => {
  test('a missing array is named with its nearest', () => {
    const path = join(folder, 'names.npz');
    writeNpz(path, [['sigma_s', mu]]);
    expect(() => readNpz(path, ['sigma'])).toThrow(
      `${path}: got no array "sigma" among sigma_s, expected an array "sigma". Did you mean "sigma_s".`,
    );
  });

  test('an array beside an unsafe one is still read', () => {
    const path = join(folder, 'beside.npz');
    const unsafe = Buffer.from(encodeNpy(mu));
    unsafe.write("'|O'", unsafe.indexOf("'<f8'"), 'latin1');
    unsafe.write(' ', unsafe.indexOf("'|O'") + 4, 'latin1');
    writeZip(path, [['mu.npy', encodeNpy(mu)], ['labels.npy', unsafe]], false); // prettier-ignore
    expect(readNpz(path, ['mu']).get('mu')).toEqual(mu);
    expect(() => readNpz(path, ['labels'])).toThrow(`${path}, array "labels": got pickled Python objects`);
  });

  test('an array shorter than its header promises is refused before a row is given', async () => {
    const path = join(folder, 'short.npz');
    writeZip(path, [['images.npy', encodeNpy(images).subarray(0, -16)]], true);
    const shortage = 'array "images": got 699984 bytes of elements, expected 700000 bytes for uint8[7000,10,10]';
    expect(() => readNpz(path, ['images'])).toThrow(shortage);
    await expect(collect(path, 'images', 7)).rejects.toThrow(shortage);
  });

  test.each([
    ['', 'an empty file'],
    ['<!doctype html><p>sign in', 'a web page'],
    ['PK\u0003\u0004 and then nothing', 'a ZIP archive without its end (it is cut short)'],
    ['\u0080\u0004\u0095', 'a Python pickle'],
    ['something', 'something else'],
  ])('%j is no archive', (text, found) => {
    const path = join(folder, 'other.npz');
    writeFileSync(path, text, 'latin1');
    expect(() => new NpzFile(path)).toThrow(
      `${path}: got ${found}, expected a whole ZIP archive. Fetch or write the file again.`,
    );
  });

  test('an archive is read from a stretch of a file, and nothing beyond it', async () => {
    const [alone, around] = [join(folder, 'alone.zip'), join(folder, 'around.bin')];
    writeZip(alone, [['a', new Uint8Array(9).fill(3)]], true);
    const bytes = readFileSync(alone);
    const [before, after] = [Buffer.alloc(777, 1), Buffer.concat([bytes, Buffer.alloc(5, 2)])];
    writeFileSync(around, Buffer.concat([before, bytes, after]));
    const zip = new ZipFile(around, { start: before.length, bytes: bytes.length });
    expect([...zip.read('a')]).toEqual(new Array(9).fill(3));
    const pieces: Uint8Array[] = [];
    for await (const piece of zip.stream('a')) pieces.push(piece);
    expect(Buffer.concat(pieces)).toEqual(Buffer.alloc(9, 3));
    zip.close();
    expect(() => new ZipFile(around, { start: before.length, bytes: bytes.length - 1 })).toThrow('it is cut short');
  });

  test('one that is cut short is not mistaken for an archive inside it', () => {
    const inner = join(folder, 'inner.zip');
    writeZip(inner, [['a', new Uint8Array(9)]], false);
    const outer = join(folder, 'outer.zip');
    writeZip(outer, [['inner.zip', readFileSync(inner)], ['b', new Uint8Array(9)]], false); // prettier-ignore
    writeFileSync(outer, readFileSync(outer).subarray(0, 200));
    expect(() => new ZipFile(outer)).toThrow(`${outer}: got a ZIP archive without its end (it is cut short)`);
  });

  test('a part of an archive in several parts, and other ways to pack, are refused by what they are', () => {
    const path = join(folder, 'changed.zip');
    const changed = (place: string, offset: number, value: number): ZipFile => {
      writeZip(path, [['a', new Uint8Array(1)]], false);
      const bytes = readFileSync(path);
      bytes.writeUInt16LE(value, bytes.lastIndexOf(Buffer.from(place)) + offset);
      writeFileSync(path, bytes);
      return new ZipFile(path);
    };
    expect(() => changed('PK\u0005\u0006', 4, 2)).toThrow(
      `${path}: got part 3 of an archive in several parts, expected a whole ZIP archive. Join the parts first (zip -s 0).`,
    );
    expect(() => changed('PK\u0001\u0002', 10, 12)).toThrow(
      `${path}: got a member "a" packed by bzip2 (method 12), expected stored (0) or deflated (8) members. Unpack it, and pack it again the ordinary way.`,
    );
    expect(() => changed('PK\u0001\u0002', 10, 99)).toThrow('got an encrypted member "a"');
    expect(() => changed('PK\u0005\u0006', 10, 2)).toThrow(
      'got 1 members in its directory, expected 2 members as its end',
    );
  });

  test('a missing file is named', () => {
    const path = join(folder, 'absent.npz');
    expect(() => new NpzFile(path)).toThrow(
      `${path}: got no file of that name, expected a ZIP archive. Check the path.`,
    );
  });

  test('a member that unpacks to more than the directory says stops before it fills the memory', async () => {
    const path = join(folder, 'bomb.zip');
    writeZip(path, [['zeros', new Uint8Array(5_000_000)]], true);
    const bytes = readFileSync(path);
    bytes.writeUInt32LE(1000, bytes.lastIndexOf(Buffer.from([0x50, 0x4b, 1, 2])) + 24);
    writeFileSync(path, bytes);
    const zip = new ZipFile(path);
    expect(() => zip.read('zeros')).toThrow('member "zeros": got data that do not unpack (ERR_BUFFER_TOO_LARGE)');
    await expect(drain(zip.stream('zeros'))).rejects.toThrow(/member "zeros": got \d+ bytes, expected 1000 bytes/);
    zip.close();
  });

  test('two members of one name and encrypted members are refused', () => {
    const path = join(folder, 'twice.zip');
    writeZip(path, [['a', new Uint8Array(1)], ['a', new Uint8Array(1)]], false); // prettier-ignore
    expect(() => new ZipFile(path)).toThrow(`${path}: got two members named "a", expected one member per name.`);
    writeZip(path, [['a', new Uint8Array(1)]], false);
    const bytes = readFileSync(path);
    bytes[bytes.lastIndexOf(Buffer.from([0x50, 0x4b, 1, 2])) + 8]! |= 1;
    writeFileSync(path, bytes);
    expect(() => new ZipFile(path)).toThrow(`${path}: got an encrypted member "a", expected no encryption.`);
  });
});

describe('bytes around an archive are passed over', () => {
  const cases = join(import.meta.dirname, '../fixtures/cases/zip-with-bytes-after-its-end');
  test.each(['trailing.npz', 'trailing-nul.npz'])('in images of another writer: %s', (name) => {
    const { dtype, shape, data } = readNpz(join(cases, name), ['arr_0']).get('arr_0')!;
    expect({ dtype, shape }).toEqual({ dtype: 'uint8', shape: [6, 16, 16, 3] });
    // Origin: numpy.load of NumPy 2.4.6; sha256 of the array's bytes.
    expect(sha256(data as Uint8Array)).toBe('c83f66564b5c76ce68adfdeab9b108f0b4c2d233f27291e67c70bc4e9f9ac43c');
  });

  // Python's zipfile reads all of these but the longest tail.
  test.each<[string, (whole: Buffer) => Buffer]>([
    ['a line feed', (whole) => Buffer.concat([whole, Buffer.from('\n')])],
    ['100,000 zeros', (whole) => Buffer.concat([whole, Buffer.alloc(100_000)])],
    [
      'something that looks like an end',
      (whole) => Buffer.concat([whole, Buffer.from('PK\u0005\u0006'), Buffer.alloc(30, 7)]),
    ],
    ['a program before it', (whole) => Buffer.concat([Buffer.from('#!/bin/sh\nexit\n'), whole])],
    ['something before and after', (whole) => Buffer.concat([Buffer.alloc(70_000, 1), whole, Buffer.alloc(512)])],
    [
      'a comment that holds an end',
      (whole) => {
        const comment = Buffer.concat([Buffer.from('PK\u0005\u0006'), Buffer.alloc(20, 1)]);
        const end = whole.lastIndexOf(Buffer.from('PK\u0005\u0006'));
        const commented = Buffer.concat([whole, comment]);
        commented.writeUInt16LE(comment.length, end + 20);
        return commented;
      },
    ],
  ])('%s', (_, around) => {
    const path = written('around.npz', true);
    writeFileSync(path, around(readFileSync(path)));
    expect(readNpz(path, ['mu']).get('mu')).toEqual(mu);
  });

  test('also around the records of ZIP64', () => {
    const path = join(folder, 'wide-around.zip');
    writeFileSync(
      path,
      Buffer.concat([Buffer.alloc(9), zip64Archive('hello', Buffer.from('some bytes')), Buffer.alloc(9)]),
    );
    const zip = new ZipFile(path);
    expect(Buffer.from(zip.read('hello')).toString()).toBe('some bytes');
    zip.close();
  });
});

test('arrays without the ending .npy are read, as numpy.load does; folders are none', () => {
  const path = join(folder, 'endings.npz');
  writeZip(path, [['some/', empty], ['some/mu', encodeNpy(mu)]], false); // prettier-ignore
  const file = new NpzFile(path);
  expect(file.names).toEqual(['some/mu']);
  expect(file.read('some/mu')).toEqual(mu);
  file.close();
});

test('names that are no UTF-8 are kept apart', () => {
  const path = join(folder, 'latin.zip');
  writeZip(path, [['xa', Uint8Array.of(1)], ['xb', Uint8Array.of(2)]], false); // prettier-ignore
  const bytes = readFileSync(path).toString('latin1').replaceAll('xa', 'x\u00e4').replaceAll('xb', 'x\u00f6');
  writeFileSync(path, bytes, 'latin1');
  const zip = new ZipFile(path);
  expect([...zip.read('x\u00e4'), ...zip.read('x\u00f6')]).toEqual([1, 2]);
  zip.close();
});

test('more members than an end record can count are read without ZIP64', () => {
  const path = join(folder, 'many.zip');
  writeZip(path, [['00000', Uint8Array.of(7)]], false);
  const one = readFileSync(path);
  const [central, end] = ['PK\u0001\u0002', 'PK\u0005\u0006'].map((place) => one.indexOf(Buffer.from(place)));
  const records = Array.from({ length: 65_537 }, (_, i) => {
    const record = Buffer.from(one.subarray(central, end));
    record.write(`${i}`.padStart(5, '0'), 46);
    return record;
  });
  const directory = Buffer.concat(records);
  const tail = Buffer.from(one.subarray(end));
  tail.writeUInt32LE(directory.length, 12);
  writeFileSync(path, Buffer.concat([one.subarray(0, central), directory, tail]));
  const zip = new ZipFile(path);
  expect(zip.members.size).toBe(65_537);
  expect([...zip.read('65536')]).toEqual([7]);
  zip.close();
});

test('ZIP64 sizes, offset and end record are followed', () => {
  const path = join(folder, 'wide.zip');
  writeFileSync(path, zip64Archive('hello', Buffer.from('some bytes')));
  const zip = new ZipFile(path);
  expect(Buffer.from(zip.read('hello')).toString()).toBe('some bytes');
  zip.close();
});

/** One stored member whose every size, offset and count stands only in the ZIP64 fields (APPNOTE 4.3.14, 4.3.15, 4.5.3). */
function zip64Archive(name: string, data: Buffer): Buffer {
  const u16 = (value: number): Buffer => Buffer.from([value & 0xff, value >> 8]);
  const u32 = (value: number): Buffer =>
    Buffer.from([value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, value >>> 24]);
  const u64 = (value: number): Buffer => Buffer.concat([u32(value), u32(0)]);
  const all = 0xffffffff;
  const nameBytes = Buffer.from(name);
  const common = [
    u16(45),
    u16(0),
    u16(0),
    u16(0),
    u16(33),
    u32(crc32(data)),
    u32(all),
    u32(all),
    u16(nameBytes.length),
  ];
  const sizes = [u16(1), u16(16), u64(data.length), u64(data.length)];
  const local = Buffer.concat([Buffer.from('PK\u0003\u0004'), ...common, u16(20), nameBytes, ...sizes, data]);
  const extra = [u16(1), u16(24), u64(data.length), u64(data.length), u64(0)];
  const place = [u16(28), u16(0), u16(0), u16(0), u32(0), u32(all)];
  const central = Buffer.concat([Buffer.from('PK\u0001\u0002'), u16(45), ...common, ...place, nameBytes, ...extra]);
  const counts = [u64(1), u64(1), u64(central.length), u64(local.length)];
  const end64 = [Buffer.from('PK\u0006\u0006'), u64(44), u16(45), u16(45), u32(0), u32(0), ...counts];
  const locator = [Buffer.from('PK\u0006\u0007'), u32(0), u64(local.length + central.length), u32(1)];
  const end = [Buffer.from('PK\u0005\u0006'), u16(0), u16(0), u16(0xffff), u16(0xffff), u32(all), u32(all), u16(0)];
  return Buffer.concat([local, central, ...end64, ...locator, ...end]);
}

async function drain(pieces: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const piece of pieces) expect(piece.length).toBeGreaterThan(0);
}
