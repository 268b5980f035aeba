/**
 * @file Reads flax checkpoints: a MessagePack tree whose leaves are NumPy arrays.
 *
 * Source: google/flax `flax/serialization.py` (`msgpack_serialize`, `_msgpack_ext_pack`, `_chunk`).
 */
import { DataError, described } from '../core/errors.ts';
import { readInput } from '../system/files/input-file.ts';
import { readMsgpack } from './msgpack.ts';
import { bytesPerElement, type SafetensorsType, type StoredTensor } from './safetensors.ts';

/** Names in the tree, then a tree or an array; numbers and texts of the tree are left out. */
export type FlaxTree = ReadonlyMap<string, FlaxTree | StoredTensor>;

/** flax's numbers of its extension types. */
const extensions = { array: 1, complex: 2, scalar: 3 } as const;

const dtypes: Readonly<Record<string, SafetensorsType>> = {
  float64: 'F64',
  float32: 'F32',
  float16: 'F16',
  bfloat16: 'BF16',
  int64: 'I64',
  int32: 'I32',
  int16: 'I16',
  int8: 'I8',
  uint64: 'U64',
  uint32: 'U32',
  uint16: 'U16',
  uint8: 'U8',
  bool: 'BOOL',
};

/** @throws DataError when the file is missing, cut short, no MessagePack, or no tree of arrays */
export function readFlaxState(path: string): FlaxTree {
  const tree = readMsgpack(path, readInput(path, 'a checkpoint of flax'), (type, bytes) =>
    type === extensions.array || type === extensions.scalar ? arrayOf(path, bytes) : null,
  );
  if (!(tree instanceof Map)) return fail(path, 'no tree', 'a checkpoint of flax: a tree of named arrays');
  return treeOf(path, tree as Map<unknown, unknown>);
}

/** An array by its path in the tree, `ResnetBlockBigGANpp_0/Conv_0/kernel`. */
export function flatten(tree: FlaxTree, prefix = ''): Map<string, StoredTensor> {
  const flat = new Map<string, StoredTensor>();
  for (const [name, entry] of tree) {
    const path = prefix + name;
    if (isTensor(entry)) flat.set(path, entry);
    else for (const [below, tensor] of flatten(entry, `${path}/`)) flat.set(below, tensor);
  }
  return flat;
}

function treeOf(path: string, map: ReadonlyMap<unknown, unknown>): FlaxTree {
  const tree = new Map<string, FlaxTree | StoredTensor>();
  for (const [key, entry] of map) {
    const name = String(key);
    if (entry instanceof Map)
      tree.set(name, joined(path, entry as Map<unknown, unknown>) ?? treeOf(path, entry as Map<unknown, unknown>));
    else if (isTensor(entry)) tree.set(name, entry);
  }
  return tree;
}

function isTensor(value: unknown): value is StoredTensor {
  return typeof value === 'object' && value !== null && 'dtype' in value && 'bytes' in value;
}

/** The payload of an array is MessagePack again: shape, name of the element type, bytes in row-major order. */
function arrayOf(path: string, payload: Uint8Array): StoredTensor {
  const parts = readMsgpack(path, payload, () => null);
  const [shape, name, bytes] = Array.isArray(parts) ? (parts as unknown[]) : [];
  const dtype = dtypes[asText(name)];
  if (!isSizes(shape) || !(bytes instanceof Uint8Array))
    return fail(path, 'an array without shape or bytes', 'whole arrays');
  if (!dtype) return fail(path, `an array of type "${asText(name)}"`, `one of ${Object.keys(dtypes).join(', ')}`);
  const wanted = shape.reduce((product, size) => product * size, bytesPerElement[dtype]);
  if (bytes.length !== wanted) return fail(path, `an array of ${bytes.length} bytes`, `${wanted} bytes for its shape`);
  return { dtype, shape, bytes };
}

/** flax cuts arrays of more than a gigabyte into flat pieces. */
function joined(path: string, map: ReadonlyMap<unknown, unknown>): StoredTensor | undefined {
  if (!map.has('__msgpack_chunked_array__')) return undefined;
  const listOf = (value: unknown): unknown[] =>
    value instanceof Map ? [...value.values()] : Array.isArray(value) ? (value as unknown[]) : [];
  const shape = listOf(map.get('shape'));
  const chunks = listOf(map.get('chunks'));
  const [first] = chunks;
  if (!isSizes(shape) || !isTensor(first) || !chunks.every(isTensor))
    return fail(path, 'an array in damaged pieces', 'whole arrays');
  const bytes = new Uint8Array(shape.reduce((product, size) => product * size, bytesPerElement[first.dtype]));
  let at = 0;
  for (const chunk of chunks) {
    if (at + chunk.bytes.length > bytes.length) return fail(path, 'an array in too many pieces', 'whole arrays');
    bytes.set(chunk.bytes, at);
    at += chunk.bytes.length;
  }
  if (at < bytes.length) return fail(path, 'an array in too few pieces', 'whole arrays');
  return { dtype: first.dtype, shape, bytes };
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && (size as number) >= 0);
}

/** Names are texts, or bytes where the packer was told so. */
function asText(value: unknown): string {
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  return typeof value === 'string' ? value : '';
}

function fail(path: string, got: string, expected: string): never {
  throw new DataError({
    where: path,
    got: described(got),
    expected,
    remedy: 'Use a file written by flax.serialization.to_bytes',
  });
}
