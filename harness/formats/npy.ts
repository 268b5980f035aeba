/**
 * @file Reads and writes NumPy arrays (`.npy`), versions 1.0 to 3.0, both byte orders, C and Fortran order.
 *
 * Pickled objects are refused and never read. Source: numpy.lib.format, "NumPy Enhancement Proposal 1".
 */
import { DataError, described } from '../core/errors.ts';
import { PythonTuple, readPythonLiteral, type PythonLiteral } from './python-literal.ts';
import { halfToNumber } from './safetensors.ts';
import { headBytes, strangeFile } from './signature.ts';

/** What an element type is read into; float16 becomes the float32 of the same value. */
interface NpyData {
  float64: Float64Array;
  float32: Float32Array;
  float16: Float32Array;
  int64: BigInt64Array;
  uint64: BigUint64Array;
  int32: Int32Array;
  uint32: Uint32Array;
  int16: Int16Array;
  uint16: Uint16Array;
  int8: Int8Array;
  uint8: Uint8Array;
  bool: Uint8Array;
}

type NpyType = keyof NpyData;

/** An array in C order. */
interface NpyArrayOf<T extends NpyType> {
  readonly dtype: T;
  readonly shape: readonly number[];
  readonly data: NpyData[T];
}

export type NpyArray = { [T in NpyType]: NpyArrayOf<T> }[NpyType];

/** What can be written: everything but float16, which no typed array holds. */
export type WritableNpyArray = Exclude<NpyArray, NpyArrayOf<'float16'>>;

export interface NpyHeader {
  readonly dtype: NpyType;
  readonly bytesPerElement: number;
  readonly bigEndian: boolean;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
  /** Where the elements begin. */
  readonly dataOffset: number;
  /** How many bytes the elements take. May be far beyond what exists: compare before allocating. */
  readonly dataBytes: number;
}

/** How NumPy writes the type of an element, and how many bytes that has. */
const codes: Readonly<Record<string, readonly [NpyType, bytes: number]>> = {
  f8: ['float64', 8], f4: ['float32', 4], f2: ['float16', 2], i8: ['int64', 8], u8: ['uint64', 8], i4: ['int32', 4],
  u4: ['uint32', 4], i2: ['int16', 2], u2: ['uint16', 2], i1: ['int8', 1], u1: ['uint8', 1], b1: ['bool', 1],
}; // prettier-ignore

/** The other spellings that `numpy.dtype` takes for them, as on Linux with 64 bits: letters, which may follow a byte order, and names. */
const letters: Readonly<Record<string, string>> = {
  d: 'f8', f: 'f4', e: 'f2', q: 'i8', l: 'i8', p: 'i8', Q: 'u8', L: 'u8', P: 'u8', i: 'i4', I: 'u4', h: 'i2', H: 'u2',
  b: 'i1', B: 'u1', '?': 'b1',
}; // prettier-ignore
const names: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.entries(codes).map(([code, [name]]) => [name, code])),
  float: 'f8', double: 'f8', single: 'f4', half: 'f2', int: 'i8', int_: 'i8', long: 'i8', longlong: 'i8', intp: 'i8',
  uint: 'u8', ulong: 'u8', ulonglong: 'u8', uintp: 'u8', intc: 'i4', uintc: 'u4', short: 'i2', ushort: 'u2',
  byte: 'i1', ubyte: 'u1', bool_: 'b1',
}; // prettier-ignore

/** What other kinds of elements are, by the letter of their code. */
const otherKinds: readonly (readonly [pattern: RegExp, got: string, remedy: string])[] = [
  [/^(O\d*|object_?)$/, 'pickled Python objects', 'Save the array again with a numeric dtype'],
  [/^(c\d+|[FDG]|complex\d*)$/, 'complex numbers', 'Save their real and imaginary parts as arrays of their own'],
  [/^([SaU]\d*|c|str_?|bytes_?)$/, 'texts', 'Save the array again with a numeric dtype'],
  [/^([Mm]8?(\[.*\])?|(datetime|timedelta)64(\[.*\])?)$/, 'dates or times', 'Save them as int64'],
  [/^(f16|g|longdouble|float128)$/, 'floating-point numbers of more than 64 bits', 'Save the array as float64'],
  [/^V\d*$/, 'raw bytes, as NumPy writes bfloat16 and other types that are not its own', 'Save the array as float32'],
];

/** NumPy leaves room in the header for a first dimension of so many digits. */
const growingDigits = 21;

const fetchAgain = 'Fetch or write the file again';

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/** How many bytes of a file are certain to hold the fixed part that says how long the header is. */
export const npyPrefixBytes = 12;

/** Length of everything before the elements, from the first `npyPrefixBytes` of the file, or more. */
export function npyDataOffset(where: string, prefix: Uint8Array): number {
  if (prefix.length < 10 || !magic.every((byte, i) => prefix[i] === byte))
    throw strangeFile(where, prefix, 'a NumPy array, which begins with \\x93NUMPY', {
      got: `bytes that begin with ${hexOf(prefix.subarray(0, 6))}`,
      remedy: fetchAgain,
    });
  const major = prefix[6]!;
  if (major < 1 || major > 3 || prefix[7] !== 0)
    fail(where, `npy version ${major}.${prefix[7]!}`, 'version 1.0, 2.0 or 3.0');
  const view = new DataView(prefix.buffer, prefix.byteOffset, prefix.byteLength);
  if (major > 1 && prefix.length < 12) fail(where, `${prefix.length} bytes`, 'a whole header');
  return major === 1 ? 10 + view.getUint16(8, true) : 12 + view.getUint32(8, true);
}

/**
 * Reads the header of an array.
 * @param bytes at least everything before the elements
 * @throws DataError naming `where` on a wrong magic, version, header text, element type (`object`: pickled) or shape.
 */
export function parseNpyHeader(where: string, bytes: Uint8Array): NpyHeader {
  const dataOffset = npyDataOffset(where, bytes.subarray(0, headBytes));
  const textOffset = bytes[6] === 1 ? 10 : 12;
  if (dataOffset > bytes.length) fail(where, `${bytes.length} bytes`, `a header of ${dataOffset} bytes`);
  const text = new TextDecoder(bytes[6] === 3 ? 'utf-8' : 'latin1').decode(bytes.subarray(textOffset, dataOffset));
  const { descr, fortranOrder, shape } = parseDictionary(where, text);
  const { dtype, bytesPerElement, bigEndian } = parseElementType(where, descr);
  const dataBytes = shape.reduce((product, size) => product * size, bytesPerElement);
  return { dtype, bytesPerElement, bigEndian, fortranOrder, shape, dataOffset, dataBytes };
}

/**
 * Decodes a whole `.npy` file.
 * @throws DataError as `parseNpyHeader`, and when the elements are fewer or more bytes than the header promises.
 */
export function decodeNpy(where: string, bytes: Uint8Array): NpyArray {
  const header = parseNpyHeader(where, bytes);
  return decodeElements(where, header, header.shape, bytes.subarray(header.dataOffset));
}

/** Decodes elements alone: all of an array, or some rows of one in C order, whose shape then is `shape`. */
export function decodeElements(
  where: string,
  header: NpyHeader,
  shape: readonly number[],
  bytes: Uint8Array,
): NpyArray {
  const wanted = shape.reduce((product, size) => product * size, header.bytesPerElement);
  if (bytes.length !== wanted)
    fail(where, `${bytes.length} bytes of elements`, `${wanted} bytes for ${header.dtype}[${shape.join(',')}]`);
  const native = Buffer.from(Uint8Array.from(bytes).buffer);
  if (header.bigEndian) swap(native, header.bytesPerElement);
  const ordered = header.fortranOrder && shape.length > 1 ? toRowMajor(native, shape, header.bytesPerElement) : native;
  return viewAs(header.dtype, shape, ordered.buffer as ArrayBuffer);
}

/** The bytes of a `.npy` file, version 1.0, C order, little endian: what `numpy.save` writes, byte for byte. */
export function encodeNpy(array: WritableNpyArray): Uint8Array {
  const [code, [, size]] = Object.entries(codes).find(([, [name]]) => name === array.dtype)!;
  const count = array.shape.reduce((product, dimension) => product * dimension, 1);
  if (count !== array.data.length)
    fail('npy', `${array.data.length} elements`, `${count} for shape [${array.shape.join(',')}]`, 'Mend the shape');
  const shape = array.shape.length === 1 ? `${array.shape[0]!},` : array.shape.join(', ');
  const text = `{'descr': '${size === 1 ? '|' : '<'}${code}', 'fortran_order': False, 'shape': (${shape}), }`;
  const spare = array.shape.length > 0 ? Math.max(0, growingDigits - String(array.shape[0]).length) : 0;
  const header = Buffer.alloc((Math.floor((10 + text.length + spare + 1) / 64) + 1) * 64, ' ');
  header.set([...magic, 1, 0]);
  header.writeUInt16LE(header.length - 10, 8);
  header.write(text, 10, 'latin1');
  header[header.length - 1] = 0x0a;
  return Buffer.concat([header, new Uint8Array(array.data.buffer, array.data.byteOffset, array.data.byteLength)]);
}

/** The elements as float64. @throws DataError on a 64-bit integer that float64 cannot hold. */
export function npyNumbers(where: string, array: NpyArray): Float64Array {
  if (array.dtype !== 'int64' && array.dtype !== 'uint64') return Float64Array.from(array.data);
  return Float64Array.from(array.data as ArrayLike<bigint>, (value) => {
    const number = Number(value);
    if (!Number.isSafeInteger(number))
      fail(where, `the integer ${value}`, 'integers below 2^53', 'Save the array as float64');
    return number;
  });
}

/** The header is the text of a Python dictionary with exactly three keys, in whatever way Python lets one write it. */
function parseDictionary(
  where: string,
  text: string,
): { descr: PythonLiteral; fortranOrder: boolean; shape: readonly number[] } {
  const trimmed = text.trim();
  const header = described(`the header ${JSON.stringify(trimmed.slice(0, 120))}`).text;
  const entries = readPythonLiteral(text);
  const keys = entries instanceof Map ? [...(entries as Map<unknown, unknown>).keys()] : [];
  if (!(entries instanceof Map) || keys.sort().join() !== 'descr,fortran_order,shape')
    return fail(where, header, "a dictionary of 'descr', 'fortran_order' and 'shape'");
  const [descr, order, shape] = ['descr', 'fortran_order', 'shape'].map((key) => entries.get(key) as PythonLiteral);
  if (descr === undefined || typeof order !== 'boolean' || !(shape instanceof PythonTuple))
    return fail(where, header, "a truth value 'fortran_order' and a tuple 'shape'");
  const isSize = (size: PythonLiteral): size is number =>
    typeof size === 'number' && Number.isSafeInteger(size) && size >= 0;
  if (!shape.items.every(isSize)) return fail(where, header, "a 'shape' of whole numbers from 0 on");
  return { descr, fortranOrder: order, shape: shape.items };
}

/** A type as `numpy.dtype` takes it. `|` and no order at all are the machine's own: little endian wherever NumPy runs. */
function parseElementType(
  where: string,
  descr: PythonLiteral,
): Pick<NpyHeader, 'dtype' | 'bytesPerElement' | 'bigEndian'> {
  if (Array.isArray(descr) || (typeof descr === 'string' && descr.includes(',')))
    fail(where, 'records with named fields', 'plain numbers', 'Save one field as an array of its own');
  if (typeof descr !== 'string')
    return fail(where, 'elements that are arrays', 'plain numbers', 'Save the array with these axes in its shape');
  const [, order = '', rest] = /^([<>|=]?)([^]*)$/.exec(descr)!;
  const code = Object.hasOwn(letters, rest!)
    ? letters[rest!]!
    : order === '' && Object.hasOwn(names, rest!)
      ? names[rest!]!
      : rest!;
  if (Object.hasOwn(codes, code)) {
    const [dtype, bytesPerElement] = codes[code]!;
    return { dtype, bytesPerElement, bigEndian: order === '>' };
  }
  const other = otherKinds.find(([pattern]) => pattern.test(code));
  if (other?.[1].startsWith('pickled'))
    fail(where, other[1], 'numbers: reading objects would run whatever code the file holds', other[2]);
  const known = Object.values(codes)
    .map(([name]) => name)
    .join(', ');
  return fail(
    where,
    `elements of type ${JSON.stringify(descr)}${other ? ` (${other[1]})` : ''}`,
    `one of ${known}`,
    other?.[2],
  );
}

function swap(bytes: Buffer, size: number): void {
  if (size === 2) bytes.swap16();
  if (size === 4) bytes.swap32();
  if (size === 8) bytes.swap64();
}

/** Moves elements from Fortran order (first index fastest) to C order (last index fastest). */
function toRowMajor(bytes: Buffer, shape: readonly number[], size: number): Buffer {
  const out = Buffer.alloc(bytes.length);
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((product, n) => product * n, 1));
  const index = new Array<number>(shape.length).fill(0);
  let from = 0;
  for (let to = 0; to < bytes.length; to += size) {
    for (let b = 0; b < size; b++) out[to + b] = bytes[from * size + b]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]! += 1;
      from += strides[axis]!;
      if (index[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return out;
}

function viewAs(dtype: NpyType, shape: readonly number[], buffer: ArrayBuffer): NpyArray {
  switch (dtype) {
    case 'float64':
      return { dtype, shape, data: new Float64Array(buffer) };
    case 'float32':
      return { dtype, shape, data: new Float32Array(buffer) };
    case 'float16':
      return { dtype, shape, data: Float32Array.from(new Uint16Array(buffer), halfToNumber) };
    case 'int64':
      return { dtype, shape, data: new BigInt64Array(buffer) };
    case 'uint64':
      return { dtype, shape, data: new BigUint64Array(buffer) };
    case 'int32':
      return { dtype, shape, data: new Int32Array(buffer) };
    case 'uint32':
      return { dtype, shape, data: new Uint32Array(buffer) };
    case 'int16':
      return { dtype, shape, data: new Int16Array(buffer) };
    case 'uint16':
      return { dtype, shape, data: new Uint16Array(buffer) };
    case 'int8':
      return { dtype, shape, data: new Int8Array(buffer) };
    case 'uint8':
    case 'bool':
      return { dtype, shape, data: new Uint8Array(buffer) };
  }
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('') || 'nothing';
}

function fail(where: string, got: string, expected: string, remedy = fetchAgain): never {
  throw new DataError({ where, got: described(got), expected, remedy });
}
