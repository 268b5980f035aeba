/**
 * @file A reader of MessagePack: plain values as they are, binary data as views, extensions handed to the caller.
 * Source: the MessagePack specification (msgpack/msgpack `spec.md`).
 */
import { DataError, described } from '../core/errors.ts';

/** Values of an extension type of the application: its number and its bytes. */
export type ReadExtension = (type: number, bytes: Uint8Array) => unknown;

/**
 * Reads one value that fills the whole of `bytes`.
 * @returns null, booleans, numbers (bigint beyond 2^53), strings, Uint8Array, arrays, Map, or what `extension` made
 * @throws DataError naming the byte at which the data are cut short or no MessagePack, or when something follows the value
 */
export function readMsgpack(path: string, bytes: Uint8Array, extension: ReadExtension): unknown {
  const reader = new Reader(path, bytes, extension);
  const value = reader.value(0);
  reader.expectEnd();
  return value;
}

/** Deeper nesting than any checkpoint has; a file of brackets must not exhaust the stack. */
const deepest = 200;

class Reader {
  private readonly path: string;
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private readonly extension: ReadExtension;
  private at = 0;

  constructor(path: string, bytes: Uint8Array, extension: ReadExtension) {
    this.path = path;
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.extension = extension;
  }

  value(depth: number): unknown {
    if (depth > deepest) this.fail(`more than ${deepest} levels of nesting`, 'a checkpoint');
    const first = this.uint(1);
    if (first < 0x80) return first;
    if (first >= 0xe0) return first - 0x100;
    if (first < 0x90) return this.map(first & 0x0f, depth);
    if (first < 0xa0) return this.array(first & 0x0f, depth);
    if (first < 0xc0) return this.text(first & 0x1f);
    switch (first) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
        return this.raw(this.uint(1));
      case 0xc5:
        return this.raw(this.uint(2));
      case 0xc6:
        return this.raw(this.uint(4));
      case 0xc7:
        return this.extended(this.uint(1));
      case 0xc8:
        return this.extended(this.uint(2));
      case 0xc9:
        return this.extended(this.uint(4));
      case 0xca:
        return this.view.getFloat32(this.skip(4));
      case 0xcb:
        return this.view.getFloat64(this.skip(8));
      case 0xcc:
        return this.uint(1);
      case 0xcd:
        return this.uint(2);
      case 0xce:
        return this.uint(4);
      case 0xcf:
        return narrow(this.view.getBigUint64(this.skip(8)));
      case 0xd0:
        return this.view.getInt8(this.skip(1));
      case 0xd1:
        return this.view.getInt16(this.skip(2));
      case 0xd2:
        return this.view.getInt32(this.skip(4));
      case 0xd3:
        return narrow(this.view.getBigInt64(this.skip(8)));
      case 0xd4:
      case 0xd5:
      case 0xd6:
      case 0xd7:
      case 0xd8:
        return this.extended(1 << (first - 0xd4));
      case 0xd9:
        return this.text(this.uint(1));
      case 0xda:
        return this.text(this.uint(2));
      case 0xdb:
        return this.text(this.uint(4));
      case 0xdc:
        return this.array(this.uint(2), depth);
      case 0xdd:
        return this.array(this.uint(4), depth);
      case 0xde:
        return this.map(this.uint(2), depth);
      case 0xdf:
        return this.map(this.uint(4), depth);
      default:
        return this.fail(`the byte 0x${first.toString(16)}`, 'MessagePack');
    }
  }

  expectEnd(): void {
    const rest = this.bytes.length - this.at;
    if (rest > 0) this.fail(`${rest} bytes after the value`, 'one value and nothing after it');
  }

  private map(length: number, depth: number): Map<unknown, unknown> {
    const map = new Map<unknown, unknown>();
    for (let i = 0; i < length; i++) {
      const key = this.value(depth + 1);
      map.set(key, this.value(depth + 1));
    }
    return map;
  }

  private array(length: number, depth: number): unknown[] {
    const items: unknown[] = [];
    for (let i = 0; i < length; i++) items.push(this.value(depth + 1));
    return items;
  }

  private extended(length: number): unknown {
    const type = this.view.getInt8(this.skip(1));
    return this.extension(type, this.raw(length));
  }

  private text(length: number): string {
    return new TextDecoder().decode(this.raw(length));
  }

  private raw(length: number): Uint8Array {
    const at = this.skip(length);
    return this.bytes.subarray(at, at + length);
  }

  private uint(width: 1 | 2 | 4): number {
    const at = this.skip(width);
    return width === 1 ? this.bytes[at]! : width === 2 ? this.view.getUint16(at) : this.view.getUint32(at);
  }

  private skip(length: number): number {
    const at = this.at;
    if (length > this.bytes.length - at) this.fail(`${this.bytes.length} bytes`, `more (it is cut short)`);
    this.at = at + length;
    return at;
  }

  private fail(got: string, expected: string): never {
    throw new DataError({
      where: `${this.path}, byte ${this.at}`,
      got: described(got),
      expected,
      remedy: 'Fetch the file again',
    });
  }
}

function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
