/**
 * @file Reads and writes safetensors: 8-byte little-endian header length, JSON header, raw tensor bytes.
 *
 * The bytes of tensors are little-endian. Source: the format description of huggingface/safetensors.
 */
import { isRecord } from '../core/record.ts';
import { writeFileAtomically } from '../system/files/atomic-file.ts';
import { DataError, described, quoteValue } from '../core/errors.ts';
import { sha256OfFile } from '../system/files/file-hash.ts';
import { readInput } from '../system/files/input-file.ts';
import { fileKind, strangeFile } from './signature.ts';

export type SafetensorsType =
  'F64' | 'F32' | 'F16' | 'BF16' | 'I64' | 'I32' | 'I16' | 'I8' | 'U64' | 'U32' | 'U16' | 'U8' | 'BOOL';

export const bytesPerElement: Readonly<Record<SafetensorsType, number>> = {
  F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4, I16: 2, I8: 1, U64: 8, U32: 4, U16: 2, U8: 1, BOOL: 1,
}; // prettier-ignore

/** One tensor of a file: its type as stored, its shape (row-major), its raw little-endian bytes. */
export interface StoredTensor {
  readonly dtype: SafetensorsType;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

export interface SafetensorsFile {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Longest header that is believed: the limit of the reference implementation. */
const maxHeaderBytes = 100_000_000;

/**
 * Reads a whole file.
 * @throws DataError naming the file when it is missing, truncated, longer than its header says, has a header larger than the file,
 *   or describes overlapping, mis-sized or unknown tensors.
 */
export function readSafetensors(path: string): SafetensorsFile {
  const bytes = readInput(path, 'a safetensors file');
  const fail = (got: string, expected: string): never => {
    throw new DataError({ where: path, got: described(got), expected, remedy: 'Fetch or write the file again' });
  };
  const kind = fileKind(bytes);
  if (kind && bytes.length > 0 && kind.name !== 'a safetensors file')
    throw strangeFile(path, bytes, 'a safetensors file', { remedy: 'Check that this is the right file' });
  if (bytes.length < 8) fail(`${bytes.length} bytes`, 'a safetensors file of at least 8 bytes');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerBytes = Number(view.getBigUint64(0, true));
  if (headerBytes > bytes.length - 8 || headerBytes > maxHeaderBytes) {
    fail(`a header of ${headerBytes} bytes in a file of ${bytes.length} bytes`, 'a header that fits into the file');
  }
  const header = parseHeader(path, bytes.subarray(8, 8 + headerBytes));
  const data = bytes.subarray(8 + headerBytes);
  const tensors = new Map<string, StoredTensor>();
  let metadata: Record<string, string> = {};
  const spans: { name: string; begin: number; end: number }[] = [];
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__' && entry === null) continue;
    if (!isRecord(entry)) return fail(`"${name}" described by ${quoteValue(entry)}`, 'an object that describes it');
    if (name === '__metadata__') {
      if (!isTexts(entry)) return fail('metadata that are no texts', 'texts by name');
      metadata = entry;
      continue;
    }
    const { dtype, shape, data_offsets: offsets } = entry;
    if (!isKnownType(dtype))
      return fail(`tensor "${name}" of type ${quoteValue(dtype)}`, `one of ${Object.keys(bytesPerElement).join(', ')}`);
    if (!isSizes(shape)) return fail(`tensor "${name}" of shape ${quoteValue(shape)}`, 'a list of sizes');
    if (!isSizes(offsets) || offsets.length !== 2)
      return fail(`tensor "${name}" at ${quoteValue(offsets)}`, 'two offsets');
    const [begin, end] = offsets as [number, number];
    const wanted = shape.reduce((product, size) => product * size, bytesPerElement[dtype]);
    if (end > data.length)
      fail(
        `tensor "${name}" ending at byte ${end} of ${data.length}`,
        'all of its bytes in the file (it is truncated)',
      );
    if (end - begin !== wanted)
      fail(`tensor "${name}" with ${end - begin} bytes`, `${wanted} bytes for ${dtype}[${shape.join(',')}]`);
    spans.push({ name, begin, end });
    tensors.set(name, { dtype, shape, bytes: data.subarray(begin, end) });
  }
  spans.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let reached = 0;
  for (const { name, begin, end } of spans) {
    if (begin !== reached)
      fail(`tensor "${name}" beginning at byte ${begin}`, `byte ${reached}: tensors neither overlap nor leave gaps`);
    reached = end;
  }
  if (reached !== data.length) fail(`${data.length - reached} bytes after the last tensor`, 'nothing there');
  return { tensors, metadata };
}

/**
 * Reads a file of this repository whose bytes are pinned.
 * @throws DataError when it is missing or has another hash
 */
export async function readPinnedSafetensors(path: string, sha256: string): Promise<SafetensorsFile> {
  const found = await sha256OfFile(path);
  if (found === sha256) return readSafetensors(path);
  throw new DataError({
    where: path,
    got: described(`sha256 ${found}`),
    expected: `sha256 ${sha256}`,
    remedy: 'Check the file out again',
  });
}

/** Writes tensors in the given order, atomically. Metadata are texts. */
export function writeSafetensors(
  path: string,
  tensors: Iterable<readonly [name: string, tensor: StoredTensor]>,
  metadata: Readonly<Record<string, string>> = {},
): void {
  const header: Record<string, unknown> = {};
  if (Object.keys(metadata).length > 0) header.__metadata__ = metadata;
  const pieces: Uint8Array[] = [];
  let offset = 0;
  for (const [name, { dtype, shape, bytes }] of tensors) {
    header[name] = { dtype, shape, data_offsets: [offset, offset + bytes.length] };
    pieces.push(bytes);
    offset += bytes.length;
  }
  let text = JSON.stringify(header);
  // The data begin at a multiple of 8, as the reference writer has it, so that readers can map them in place.
  text += ' '.repeat((8 - (Buffer.byteLength(text) % 8)) % 8);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(Buffer.byteLength(text)));
  writeFileAtomically(path, length, text, ...pieces);
}

/** A float32 tensor ready to be written; the bytes are those of `values`, not a copy. */
export function float32Tensor(values: Float32Array, shape: readonly number[]): StoredTensor {
  return { dtype: 'F32', shape, bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength) };
}

/** The values of a tensor as float32; wider types are rounded. */
export function toFloat32(tensor: StoredTensor): Float32Array {
  if (tensor.dtype === 'F32') return new Float32Array(aligned(tensor.bytes));
  return Float32Array.from(toFloat64(tensor));
}

/** The values of any numeric tensor as float64; 64-bit integers beyond 2^53 lose digits. */
export function toFloat64(tensor: StoredTensor): Float64Array {
  const { dtype, bytes } = tensor;
  switch (dtype) {
    case 'F64':
      return new Float64Array(aligned(bytes));
    case 'F32':
      return Float64Array.from(new Float32Array(aligned(bytes)));
    case 'F16':
      return Float64Array.from(new Uint16Array(aligned(bytes)), halfToNumber);
    case 'BF16': {
      const wide = Uint32Array.from(new Uint16Array(aligned(bytes)), (bits) => bits << 16);
      return Float64Array.from(new Float32Array(wide.buffer));
    }
    case 'I64':
      return Float64Array.from(new BigInt64Array(aligned(bytes)), Number);
    case 'U64':
      return Float64Array.from(new BigUint64Array(aligned(bytes)), Number);
    case 'I32':
      return Float64Array.from(new Int32Array(aligned(bytes)));
    case 'U32':
      return Float64Array.from(new Uint32Array(aligned(bytes)));
    case 'I16':
      return Float64Array.from(new Int16Array(aligned(bytes)));
    case 'U16':
      return Float64Array.from(new Uint16Array(aligned(bytes)));
    case 'I8':
      return Float64Array.from(new Int8Array(aligned(bytes)));
    case 'U8':
    case 'BOOL':
      return Float64Array.from(bytes);
  }
}

/** IEEE 754 binary16 bits as a number. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** A copy whose buffer begins at its first byte: typed arrays of wider elements need aligned bytes. */
function aligned(bytes: Uint8Array): ArrayBuffer {
  return Uint8Array.from(bytes).buffer;
}

function parseHeader(path: string, bytes: Uint8Array): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (isRecord(value)) return value;
  } catch (thrown) {
    throw new DataError(
      {
        where: path,
        got: described('a header that is not JSON'),
        expected: 'a safetensors file',
        remedy: 'Check that this is the right file',
      },
      { cause: thrown },
    );
  }
  throw new DataError({
    where: path,
    got: described('a header that is not an object'),
    expected: 'a safetensors file',
    remedy: 'Check that this is the right file',
  });
}

function isTexts(record: Record<string, unknown>): record is Record<string, string> {
  return Object.values(record).every((value) => typeof value === 'string');
}

function isKnownType(value: unknown): value is SafetensorsType {
  return typeof value === 'string' && Object.hasOwn(bytesPerElement, value);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((v) => Number.isSafeInteger(v) && (v as number) >= 0);
}
