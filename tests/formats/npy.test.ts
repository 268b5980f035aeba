/** @file NumPy arrays: written as NumPy writes them, read in every layout, refused by name when unsafe or damaged. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { sha256 } from '../../harness/core/hash.ts';
import { decodeNpy, encodeNpy, npyNumbers, parseNpyHeader } from '../../harness/formats/npy.ts';
import type { WritableNpyArray } from '../../harness/formats/npy.ts';
import { NpzFile } from '../../harness/formats/npz.ts';

/** A `.npy` file with this header text; `version` 1 has a 2-byte header length, the others 4 bytes. */
function npy(version: 1 | 2 | 3, header: string, data: Uint8Array): Uint8Array {
  const text = Buffer.from(`${header}\n`, version === 3 ? 'utf8' : 'latin1');
  const length = Buffer.alloc(version === 1 ? 2 : 4);
  if (version === 1) length.writeUInt16LE(text.length);
  else length.writeUInt32LE(text.length);
  return Buffer.concat([Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0]), length, text, data]);
}

const empty = new Uint8Array(0);

function float64(...values: number[]): Uint8Array {
  return new Uint8Array(Float64Array.from(values).buffer);
}

describe('writing', () => {
  // Origin: NumPy 2.4.6, numpy.save of the same values; sha256 of the file.
  const written: readonly (readonly [string, WritableNpyArray, string])[] = [
    [
      'float64 2x3',
      { dtype: 'float64', shape: [2, 3], data: Float64Array.of(-1, -0.75, -0.5, -0.25, 0, 0.25) },
      'b7fe2def487724f2e059379d47bd2c04a61e05cf996af17650224d2df94a0520',
    ],
    [
      'float32 vector',
      { dtype: 'float32', shape: [2], data: Float32Array.of(1.5, -2) },
      '91d98d2172bde11011f1f1e962499bf46567cb16aee04332edcfd40d5879deab',
    ],
    [
      'int64 column',
      { dtype: 'int64', shape: [2, 1], data: BigInt64Array.of(1n, -2n) },
      'd2faa289714f882b56e04b26db5287d15ff6de16a4800c2f7fc24d16b00bc29b',
    ],
    [
      'uint8 images',
      { dtype: 'uint8', shape: [2, 2, 2, 3], data: Uint8Array.from({ length: 24 }, (_, i) => i) },
      '12de5cadcf72a7ee3d9041399196417d1b6d6736587a836f3efbcbe9179eea9d',
    ],
    [
      'a scalar',
      { dtype: 'float64', shape: [], data: Float64Array.of(3.25) },
      '7c1f17230f30f935a16965646bfae8214c6485af1c59b21b333e35be084ae057',
    ],
    [
      'truth values',
      { dtype: 'bool', shape: [2], data: Uint8Array.of(1, 0) },
      '4257418724eeadfcfc6affd95584b6da87d3ac25effd1de68ad2f9907cbe104c',
    ],
    [
      'a header that fills 64 bytes',
      { dtype: 'float32', shape: [3, ...new Array<number>(13).fill(1)], data: new Float32Array(3) },
      '69f1471d9a595fb57c27af4d7a292e62404cadbea9055ce5b5252b219c2df1ac',
    ],
  ];
  test.each(written)('%s gives the bytes of numpy.save', (_, array, digest) => {
    expect(sha256(encodeNpy(array))).toBe(digest);
  });

  test('what was written is read back', () => {
    for (const [, array] of written) expect(decodeNpy('x.npy', encodeNpy(array))).toEqual(array);
  });

  test('a shape that does not fit the elements is refused', () => {
    expect(() => encodeNpy({ dtype: 'uint8', shape: [2, 2], data: new Uint8Array(3) })).toThrow(
      'npy: got 3 elements, expected 4 for shape [2,2]. Mend the shape.',
    );
  });
});

describe('reading', () => {
  const header = (descr: string, order: 'True' | 'False', shape: string): string =>
    `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }`;

  test.each([1, 2, 3] as const)('version %i.0 is read', (version) => {
    expect(decodeNpy('x.npy', npy(version, header('<f8', 'False', '(2,)'), float64(1, 2)))).toEqual({
      dtype: 'float64',
      shape: [2],
      data: Float64Array.of(1, 2),
    });
  });

  test('Fortran order is turned into C order', () => {
    // Element (i, j, k) of the 2x3x2 array holds 100i + 10j + k; in Fortran order i runs fastest.
    const stored = [];
    const wanted = [];
    for (let k = 0; k < 2; k++)
      for (let j = 0; j < 3; j++) for (let i = 0; i < 2; i++) stored.push(100 * i + 10 * j + k);
    for (let i = 0; i < 2; i++)
      for (let j = 0; j < 3; j++) for (let k = 0; k < 2; k++) wanted.push(100 * i + 10 * j + k);
    const read = decodeNpy('x.npy', npy(1, header('<f8', 'True', '(2, 3, 2)'), float64(...stored)));
    expect([...read.data]).toEqual(wanted);
  });

  test('big-endian elements are read', () => {
    const data = Buffer.alloc(8);
    data.writeInt32BE(-5, 0);
    data.writeInt32BE(70_000, 4);
    expect(decodeNpy('x.npy', npy(1, header('>i4', 'False', '(2,)'), data)).data).toEqual(Int32Array.of(-5, 70_000));
  });

  test('float16 becomes the float32 of the same value', () => {
    // Origin: NumPy 2.4.6, numpy.save(numpy.array([1.5, -0.0, 6e-8, 65504], "<f2")).
    const data = Buffer.from('AD4AgAEA/3s=', 'base64');
    const read = decodeNpy('x.npy', npy(1, header('<f2', 'False', '(4,)'), data));
    expect(read).toEqual({ dtype: 'float16', shape: [4], data: Float32Array.of(1.5, -0, 2 ** -24, 65504) });
  });

  // Origin of all three tables: numpy.load of NumPy 2.4.6 on Linux, given a file with this header.
  test.each([
    ['uint8', 'u1', '<u1', '>u1', '|u1', 'B', 'uint8', 'ubyte'],
    ['int8', 'i1', 'b', 'byte'],
    ['bool', 'b1', '?', '|?', '<?', 'bool', 'bool_'],
    ['float64', '<f8', '=f8', '|f8', 'f8', 'd', '<d', '>d', 'float64', 'float', 'double'],
    ['float32', 'f', 'f4', 'single'],
    ['float16', 'e', 'f2', 'half'],
    ['int64', 'i8', 'l', 'q', 'p', 'int', 'int_', 'long', 'longlong', 'intp'],
    ['uint64', 'u8', 'L', 'P', 'uint', 'ulong', 'uintp'],
    ['int32', 'i', 'i4', 'intc'],
    ['uint32', 'I', 'u4'],
    ['int16', 'h', 'short'],
    ['uint16', 'H'],
  ])('elements of %s are known in every spelling', (dtype, ...spellings) => {
    const read = spellings.map((descr) => parseNpyHeader('x.npy', npy(1, header(descr, 'False', '(2,)'), empty)));
    expect(read.map((one) => one.dtype)).toEqual(spellings.map(() => dtype));
    expect(read.map(({ bigEndian }) => bigEndian)).toEqual(spellings.map((descr) => descr.startsWith('>')));
  });

  test.each<[string, number[]]>([
    ["{'descr':'<f8','fortran_order':False,'shape':(2,)}", [2]],
    ["{'shape': (2L, 3L), 'fortran_order': False, 'descr': '<f8'}", [2, 3]],
    ["  {'descr': u'<f8', 'fortran_order': False, 'shape': (2, 3,),}  \n\n", [2, 3]],
    ['{ \'descr\' : "<f8" , "fortran_order" : False , \'shape\' : ( 2 , ) , }', [2]],
    ["{'descr': '<f8', 'fortran_order': False, 'shape': (2,)} # a note\n", [2]],
    ["\n{'descr': '<f8',\n 'fortran_order': False,\r\n 'shape': (2,)\n}", [2]],
    ["{'descr': '<f8', 'fortran_order': False, 'shape': ()}", []],
    ["{'descr': '<f8', 'fortran_order': False, 'shape': (0, 3)}", [0, 3]],
    ["{'descr': '<f8', 'fortran_order': False, 'shape': (0x2, 1_0)}", [2, 10]],
    ["{'descr': '''<f8''', r'fortran_order': False, 'shape': (2 ,)}", [2]],
    ["{'descr': '\\x3cf8', 'fortran_order': False, 'shape': (+2,)}", [2]],
    ["{'descr': '<f4', 'descr': '<f8', 'fortran_order': False, 'shape': (2,)}", [2]],
    ["({'descr': '<' 'f8', 'fortran_order': (False), 'shape': (((2,)))})", [2]],
  ])('a header in another hand is read: %s', (text, shape) => {
    const read = parseNpyHeader('x.npy', npy(1, text, empty));
    expect(read).toMatchObject({ dtype: 'float64', fortranOrder: false, shape, bigEndian: false });
  });

  test.each([
    ["{'descr': '<f8', 'fortran_order': False, 'shape': (2)}", "a truth value 'fortran_order' and a tuple 'shape'"],
    ["{'descr': '<f8', 'fortran_order': False, 'shape': [2]}", "a truth value 'fortran_order' and a tuple 'shape'"],
    ["{'descr': '<f8', 'fortran_order': 0, 'shape': (2,)}", "a truth value 'fortran_order' and a tuple 'shape'"],
    ["{'descr': '<f8', 'fortran_order': False, 'shape': (-2,)}", "a 'shape' of whole numbers from 0 on"],
    ["{'descr': '<f8', 'fortran_order': False, 'shape': (True,)}", "a 'shape' of whole numbers from 0 on"],
    ["{'descr': '<f8', 'fortran_order': False}", "a dictionary of 'descr', 'fortran_order' and 'shape'"],
    ["{'descr': '<f8', 'fortran_order': False, 'shape': (2,), 'x': 1}", "a dictionary of 'descr'"],
    ["{'descr': '<f8', 'fortran_order': false, 'shape': (2,)}", "a dictionary of 'descr'"],
    ["{'descr': '<f8', 'fortran_order': False, 'shape': (02,)}", "a dictionary of 'descr'"],
    ["{'descr': '<f8' 'fortran_order': False, 'shape': (2,)}", "a dictionary of 'descr'"],
    ["{'descr': '<f8', 'fortran_order': False, 'shape': (2 3)}", "a dictionary of 'descr'"],
    ["dict(descr='<f8', fortran_order=False, shape=(2,))", "a dictionary of 'descr'"],
    ['['.repeat(100_000), "a dictionary of 'descr'"],
  ])('a header that NumPy does not read is refused: %s', (text, expected) => {
    expect(() => parseNpyHeader('x.npy', npy(2, text, empty))).toThrow(`, expected ${expected}`);
  });

  test.each([
    ['O', 'pickled Python objects'],
    ['object', 'pickled Python objects'],
    ['<c8', 'elements of type "<c8" (complex numbers)'],
    ['<M8[ns]', 'elements of type "<M8[ns]" (dates or times)'],
    ['|S3', 'elements of type "|S3" (texts)'],
    ['<f16', 'elements of type "<f16" (floating-point numbers of more than 64 bits)'],
    ['|V2', 'elements of type "|V2" (raw bytes, as NumPy writes bfloat16 and other types that are not its own)'],
    ['f4,f4', 'records with named fields'],
    ['>float64', 'elements of type ">float64"'],
    ['i3', 'elements of type "i3"'],
    ['f4 ', 'elements of type "f4 "'],
    ['constructor', 'elements of type "constructor"'],
  ])('elements of type %s are refused by what they are', (descr, got) => {
    expect(() => parseNpyHeader('x.npy', npy(1, header(descr, 'False', '(2,)'), empty))).toThrow(
      `x.npy: got ${got}, expected`,
    );
  });

  test('elements that are arrays are refused', () => {
    const text = "{'descr': ('<f4', (3,)), 'fortran_order': False, 'shape': (2,), }";
    expect(() => parseNpyHeader('x.npy', npy(1, text, empty))).toThrow('got elements that are arrays, expected');
  });

  test.each(['h-double.npz', 'h-u1.npz'])('images of another writer are read: %s', (name) => {
    const file = new NpzFile(join(import.meta.dirname, '../fixtures/cases/npy-dialects', name));
    const { dtype, shape, data } = file.read('arr_0');
    file.close();
    expect({ dtype, shape }).toEqual({ dtype: 'uint8', shape: [6, 16, 16, 3] });
    // Origin: numpy.load of NumPy 2.4.6; sha256 of the array's bytes.
    expect(sha256(data as Uint8Array)).toBe('c83f66564b5c76ce68adfdeab9b108f0b4c2d233f27291e67c70bc4e9f9ac43c');
  });

  const refused: readonly (readonly [string, Uint8Array, string])[] = [
    [
      'pickled objects',
      npy(1, header('|O', 'False', '(1,)'), new Uint8Array(8)),
      'x.npy: got pickled Python objects, expected numbers: reading objects would run whatever code the file holds. Save the array again with a numeric dtype.',
    ],
    [
      'records',
      npy(1, "{'descr': [('a', '<f8'), ('b', '<i4')], 'fortran_order': False, 'shape': (1,), }", new Uint8Array(12)),
      'x.npy: got records with named fields, expected plain numbers. Save one field as an array of its own.',
    ],
    [
      'texts',
      npy(1, header('<U5', 'False', '(1,)'), new Uint8Array(20)),
      'x.npy: got elements of type "<U5" (texts), expected one of float64, float32, float16, int64, uint64, int32, uint32, int16, uint16, int8, uint8, bool. Save the array again with a numeric dtype.',
    ],
    [
      'a header that is no literal',
      npy(1, "{'descr': '<f8', 'fortran_order': __import__('os'), 'shape': (1,), }", float64(1)),
      `x.npy: got the header "{'descr': '<f8', 'fortran_order': __import__('os'), 'shape': (1,), }", expected a dictionary of 'descr', 'fortran_order' and 'shape'. Fetch or write the file again.`,
    ],
    [
      'a shape beyond all memory',
      npy(1, header('<f8', 'False', '(99999999, 99999999)'), float64(1, 2)),
      'x.npy: got 16 bytes of elements, expected 79999998400000000 bytes for float64[99999999,99999999]. Fetch or write the file again.',
    ],
    [
      'a file of another kind',
      Buffer.from('<html>not found</html>'),
      'x.npy: got a web page, expected a NumPy array, which begins with \\x93NUMPY. Fetch or write the file again.',
    ],
    [
      'an unknown version',
      Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 4, 0, 0, 0, 0, 0),
      'x.npy: got npy version 4.0, expected version 1.0, 2.0 or 3.0. Fetch or write the file again.',
    ],
    [
      'a header longer than the file',
      Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 200, 0, 0x7b, 0x7d),
      'x.npy: got 12 bytes, expected a header of 210 bytes. Fetch or write the file again.',
    ],
  ];
  test.each(refused)('%s are refused', (_, bytes, message) => {
    expect(() => decodeNpy('x.npy', bytes)).toThrow(message);
  });

  test('64-bit integers become numbers only where none is lost', () => {
    const array = (value: bigint): WritableNpyArray => ({ dtype: 'int64', shape: [1], data: BigInt64Array.of(value) });
    expect(npyNumbers('x.npy', array(-5n))).toEqual(Float64Array.of(-5));
    expect(() => npyNumbers('x.npy', array(2n ** 53n))).toThrow(
      'x.npy: got the integer 9007199254740992, expected integers below 2^53. Save the array as float64.',
    );
  });
});
