/**
 * @file ZIP archives: members listed by the central directory, CRC-32 verified on every read, ZIP64 included.
 * Source: PKWARE APPNOTE 6.3.10, sections 4.3 and 4.4.
 */
import { Readable } from 'node:stream';
import { crc32, createInflateRaw, inflateRawSync } from 'node:zlib';
import { DataError, described, systemCode } from '../core/errors.ts';
import { openInput, type OpenFile } from '../system/files/open-file.ts';
import { signatureOf } from './signature.ts';

export interface ZipMember {
  readonly name: string;
  /** Bytes when unpacked, as the central directory says. */
  readonly bytes: number;
  readonly packedBytes: number;
  readonly deflated: boolean;
  readonly crc: number;
  readonly headerOffset: number;
}

const fetchAgain = 'Fetch or write the file again';
const centralHeader = 0x02014b50;
const localHeader = 0x04034b50;
const endRecord = 0x06054b50;
const end64Record = 0x06064b50;
const end64Locator = 0x07064b50;
/** The end record and the longest comment that may follow it. */
const longestEnd = 22 + 65535;
/** In a 32-bit size or offset: "see the ZIP64 extra field". */
const elsewhere = 0xffffffff;

/** An open archive; `close()` it. */
export class ZipFile {
  readonly path: string;
  readonly members: ReadonlyMap<string, ZipMember>;
  private readonly file: OpenFile;

  /** @throws DataError when the file is missing, no ZIP archive, cut short, or its directory contradicts itself. */
  constructor(path: string) {
    this.path = path;
    this.file = openInput(path, 'a ZIP archive');
    try {
      this.members = this.directory();
    } catch (thrown) {
      this.file.close();
      throw thrown;
    }
  }

  close(): void {
    this.file.close();
  }

  /** The unpacked bytes of one member. @throws DataError when they do not unpack to the size and CRC-32 of the directory. */
  read(name: string): Uint8Array {
    const member = this.member(name);
    const packed = this.bytesAt(this.dataOffset(member), member.packedBytes);
    let bytes: Uint8Array = packed;
    if (member.deflated) {
      try {
        // A member that unpacks to more than the directory says is refused before it fills the memory.
        bytes = inflateRawSync(packed, { maxOutputLength: Math.max(1, member.bytes) });
      } catch (thrown) {
        this.damaged(member, `data that do not unpack (${systemCode(thrown) ?? 'unknown error'})`, thrown);
      }
    }
    this.check(member, bytes.length, crc32(bytes));
    return bytes;
  }

  /** The same in pieces, for members that do not fit into memory; the check comes with the end of the sequence. */
  async *stream(name: string): AsyncGenerator<Uint8Array, void> {
    const member = this.member(name);
    const start = this.dataOffset(member);
    let bytes = 0;
    let crc = 0;
    for await (const piece of member.packedBytes > 0 ? this.unpacked(member, start) : []) {
      bytes += piece.length;
      crc = crc32(piece, crc);
      if (bytes > member.bytes) break;
      yield piece;
    }
    this.check(member, bytes, crc);
  }

  private async *unpacked(member: ZipMember, start: number): AsyncGenerator<Buffer, void> {
    const packed = Readable.from(this.file.pieces(start, start + member.packedBytes));
    const stream = member.deflated ? packed.pipe(createInflateRaw({ chunkSize: 1 << 20 })) : packed;
    // pipe() does not carry an error of the file over to the stream that is read.
    if (stream !== packed) packed.once('error', (error) => stream.destroy(error));
    try {
      yield* stream as AsyncIterable<Buffer>;
    } catch (thrown) {
      this.damaged(member, `data that do not unpack (${systemCode(thrown) ?? 'unknown error'})`, thrown);
    } finally {
      packed.destroy();
    }
  }

  private member(name: string): ZipMember {
    const member = this.members.get(name);
    if (!member)
      this.fail(`no member "${name}"`, `one of ${[...this.members.keys()].join(', ') || 'its members (it has none)'}`);
    return member;
  }

  private check(member: ZipMember, bytes: number, crc: number): void {
    if (bytes !== member.bytes) this.damaged(member, `${bytes} bytes`, undefined, `${member.bytes} bytes`);
    if (crc !== member.crc) this.damaged(member, `CRC-32 ${hex(crc)}`, undefined, `CRC-32 ${hex(member.crc)}`);
  }

  private dataOffset(member: ZipMember): number {
    const header = view(this.bytesAt(member.headerOffset, 30));
    if (header.getUint32(0, true) !== localHeader)
      this.fail(`no member header at byte ${member.headerOffset}`, `that of "${member.name}"`);
    return member.headerOffset + 30 + header.getUint16(26, true) + header.getUint16(28, true);
  }

  private directory(): Map<string, ZipMember> {
    const { offset, bytes, count } = this.findDirectory();
    const directory = this.bytesAt(offset, bytes);
    const members = new Map<string, ZipMember>();
    let at = 0;
    for (let i = 0; i < count; i++) {
      const record = view(directory.subarray(at));
      if (record.byteLength < 46 || record.getUint32(0, true) !== centralHeader)
        this.fail(`${i} members in its directory`, `${count} members as its end record says`);
      const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((field) => record.getUint16(field, true)) as [
        number,
        number,
        number,
      ];
      const name = new TextDecoder().decode(directory.subarray(at + 46, at + 46 + nameBytes));
      const extra = directory.subarray(at + 46 + nameBytes, at + 46 + nameBytes + extraBytes);
      const flags = record.getUint16(8, true);
      const method = record.getUint16(10, true);
      if (flags & 1) this.fail(`an encrypted member "${name}"`, 'no encryption');
      if (method !== 0 && method !== 8)
        this.fail(`a member "${name}" packed by method ${method}`, 'stored (0) or deflated (8) members');
      if (members.has(name)) this.fail(`two members named "${name}"`, 'one member per name');
      const wide = wideSizes(record, extra);
      if (!wide) this.fail(`a member "${name}" without its ZIP64 sizes`, 'sizes and offset of every member');
      members.set(name, { name, ...wide, deflated: method === 8, crc: record.getUint32(16, true) });
      at += 46 + nameBytes + extraBytes + commentBytes;
    }
    return members;
  }

  private findDirectory(): { offset: number; bytes: number; count: number } {
    const size = this.file.size();
    const tail = this.bytesAt(Math.max(0, size - longestEnd), Math.min(size, longestEnd));
    const end = view(tail);
    let at = tail.length - 22;
    while (
      at >= 0 &&
      !(end.getUint32(at, true) === endRecord && at + 22 + end.getUint16(at + 20, true) === tail.length)
    )
      at--;
    if (at < 0) {
      const head = signatureOf(this.bytesAt(0, Math.min(size, 512)));
      this.fail(
        head === 'a ZIP archive' ? 'a ZIP archive without its end (it is cut short)' : (head ?? 'something else'),
        'a whole ZIP archive',
      );
    }
    let [count, bytes, offset] = [
      end.getUint16(at + 10, true),
      end.getUint32(at + 12, true),
      end.getUint32(at + 16, true),
    ];
    const endOffset = size - tail.length + at;
    if (count === 0xffff || bytes === elsewhere || offset === elsewhere) {
      const locator = view(this.bytesAt(Math.max(0, endOffset - 20), 20));
      if (locator.getUint32(0, true) !== end64Locator) this.fail('no ZIP64 locator', 'one, as its end record says');
      const end64 = view(this.bytesAt(Number(locator.getBigUint64(8, true)), 56));
      if (end64.getUint32(0, true) !== end64Record) this.fail('no ZIP64 end record', 'one where its locator points');
      [count, bytes, offset] = [32, 40, 48].map((field) => Number(end64.getBigUint64(field, true))) as [
        number,
        number,
        number,
      ];
    }
    if (offset + bytes > endOffset)
      this.fail(
        `a directory at bytes ${offset} to ${offset + bytes} of ${size}`,
        'one that lies before its end record',
      );
    return { offset, bytes, count };
  }

  private bytesAt(offset: number, bytes: number): Uint8Array {
    const size = this.file.size();
    if (offset < 0 || bytes < 0 || offset + bytes > size)
      this.fail(`${size} bytes`, `at least ${offset + bytes} (it is cut short)`);
    const out = new Uint8Array(bytes);
    this.file.readAt(offset, out);
    return out;
  }

  private damaged(member: ZipMember, got: string, cause?: unknown, expected = 'an undamaged member'): never {
    throw new DataError(
      { where: `${this.path}, member "${member.name}"`, got: described(got), expected, remedy: fetchAgain },
      cause === undefined ? undefined : { cause },
    );
  }

  private fail(got: string, expected: string): never {
    throw new DataError({ where: this.path, got: described(got), expected, remedy: fetchAgain });
  }
}

/** Sizes and offset of a directory record, from its ZIP64 extra field where the 32-bit ones say so. */
function wideSizes(
  record: DataView,
  extra: Uint8Array,
): Pick<ZipMember, 'bytes' | 'packedBytes' | 'headerOffset'> | undefined {
  const sizes = [24, 20, 42].map((field) => record.getUint32(field, true));
  if (sizes.includes(elsewhere)) {
    const field = extraField(extra, 1);
    let at = 0;
    for (const [i, size] of sizes.entries()) {
      if (size !== elsewhere) continue;
      if (!field || at + 8 > field.byteLength) return undefined;
      sizes[i] = Number(field.getBigUint64(at, true));
      at += 8;
    }
  }
  const [bytes, packedBytes, headerOffset] = sizes as [number, number, number];
  return { bytes, packedBytes, headerOffset };
}

function extraField(extra: Uint8Array, wanted: number): DataView | undefined {
  const all = view(extra);
  for (let at = 0; at + 4 <= extra.length;) {
    const bytes = all.getUint16(at + 2, true);
    if (all.getUint16(at, true) === wanted) return view(extra.subarray(at + 4, at + 4 + bytes));
    at += 4 + bytes;
  }
  return undefined;
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function hex(value: number): string {
  return value.toString(16).padStart(8, '0');
}
