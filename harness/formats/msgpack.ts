/** @file Reads MessagePack: plain values as they are, binary data as views, extensions by a callback. */
import { decode, type ExtensionCodecType } from '@msgpack/msgpack';
import { DataError, described } from '../core/errors.ts';

/** Values of an extension type of the application: its number and its bytes. */
export type ReadExtension = (type: number, bytes: Uint8Array) => unknown;

/** Deeper nesting than any checkpoint has; a file of brackets must not exhaust the stack. */
const deepest = 200;

/** What an extension was read as: it is told from maps by its class. */
class Extended {
  readonly value: unknown;
  constructor(value: unknown) {
    this.value = value;
  }
}

/**
 * Reads one value that fills the whole of `bytes`.
 * @returns null, booleans, numbers (bigint beyond 2^53), strings, Uint8Array, arrays, Map, or what `extension` made
 * @throws DataError when the data are cut short (naming the byte) or no MessagePack, or when something follows the value
 */
export function readMsgpack(path: string, bytes: Uint8Array, extension: ReadExtension): unknown {
  const extensionCodec: ExtensionCodecType<undefined> = {
    tryToEncode: () => null,
    decode: (data, type) => new Extended(extension(type, data)),
  };
  // A list or map of more entries than there are bytes would be given its memory before the end is met.
  const limits = { maxArrayLength: bytes.length, maxMapLength: bytes.length };
  try {
    return plain(path, decode(bytes, { extensionCodec, useBigInt64: true, ...limits }), 0);
  } catch (thrown) {
    if (thrown instanceof DataError || !(thrown instanceof Error)) throw thrown;
    const [, rest] = /^Extra (\d+) of/.exec(thrown.message) ?? [];
    if (rest !== undefined)
      return fail(path, bytes.length - Number(rest), `${rest} bytes after the value`, 'one value and nothing after it');
    if (thrown instanceof RangeError)
      return fail(path, bytes.length, `${bytes.length} bytes`, 'more (it is cut short)');
    return fail(path, undefined, `bytes that are no MessagePack (${thrown.message})`, 'a checkpoint');
  }
}

function plain(path: string, value: unknown, depth: number): unknown {
  if (depth > deepest) return fail(path, undefined, `more than ${deepest} levels of nesting`, 'a checkpoint');
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (value instanceof Extended) return value.value;
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map((item) => plain(path, item, depth + 1));
  return new Map(Object.entries(value).map(([key, item]) => [key, plain(path, item, depth + 1)]));
}

function fail(path: string, at: number | undefined, got: string, expected: string): never {
  throw new DataError({
    where: at === undefined ? path : `${path}, byte ${at}`,
    got: described(got),
    expected,
    remedy: 'Fetch the file again',
  });
}
