/**
 * @file Reads ZIP archives by their central directory; CRC-32 verified on every read, ZIP64 supported.
 *
 * Bytes before an archive and after it are passed over, as `zipfile` of Python does.
 * Source: PKWARE APPNOTE 6.3.10, sections 4.3 and 4.4.
 */
import { Readable } from 'node:stream';
import { crc32, createInflateRaw, inflateRawSync } from 'node:zlib';
import { DataError, described, systemCode } from '../core/errors.ts';
import { openInput, type OpenFile } from '../system/files/open-file.ts';
import { headBytes, signatureOf, strangeFile } from './signature.ts';

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
const end64Record = 0x06064b50;
const end64Locator = 0x07064b50;
const endBytes = 22;
/** How far from the end of the file its end record is looked for: behind it stand a comment, and whatever was appended. */
const longestTail = 1 << 20;
/** In a 32-bit size or offset: "see the ZIP64 extra field". */
const elsewhere = 0xffffffff;

/** An open archive; `close()` it. */
export class ZipFile {
  readonly path: string;
  readonly members: ReadonlyMap<string, ZipMember>;
  private readonly file: OpenFile;
  /** Where the archive lies in its file. */
  private readonly start: number;
  private readonly bytes: number;

  /**
   * @param part the stretch of the file that is the archive; all of it by default
   * @throws DataError when the file is missing, no ZIP archive, cut short, or its directory contradicts itself.
   */
  constructor(path: string, part?: { readonly start: number; readonly bytes: number }) {
    this.path = path;
    this.file = openInput(path, 'a ZIP archive');
    try {
      this.start = part?.start ?? 0;
      this.bytes = part?.bytes ?? this.file.size();
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
    const packed = Readable.from(this.file.pieces(this.start + start, this.start + start + member.packedBytes));
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
    const { offset, bytes, count, before } = this.findDirectory();
    const directory = this.bytesAt(offset, bytes);
    const members = new Map<string, ZipMember>();
    let at = 0;
    let found = 0;
    for (; at < bytes; found++) {
      const record = view(directory.subarray(at));
      if (record.byteLength < 46 || record.getUint32(0, true) !== centralHeader) break;
      const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((field) => record.getUint16(field, true)) as [
        number,
        number,
        number,
      ];
      const flags = record.getUint16(8, true);
      const method = record.getUint16(10, true);
      const name = nameOf(directory.subarray(at + 46, at + 46 + nameBytes));
      const extra = directory.subarray(at + 46 + nameBytes, at + 46 + nameBytes + extraBytes);
      if (flags & 1 || method === 99)
        this.fail(`an encrypted member "${name}"`, 'no encryption', 'Pack it again without a password');
      if (method !== 0 && method !== 8)
        this.fail(
          `a member "${name}" packed by ${methods[method] ?? 'an unknown way'} (method ${method})`,
          'stored (0) or deflated (8) members',
          'Unpack it, and pack it again the ordinary way',
        );
      if (members.has(name)) this.fail(`two members named "${name}"`, 'one member per name');
      const wide = wideSizes(record, extra);
      if (!wide) this.fail(`a member "${name}" without its ZIP64 sizes`, 'sizes and offset of every member');
      const headerOffset = wide.headerOffset + before;
      members.set(name, { name, ...wide, headerOffset, deflated: method === 8, crc: record.getUint32(16, true) });
      at += 46 + nameBytes + extraBytes + commentBytes;
    }
    // Writers without ZIP64 count more than 65,535 members from 0 again.
    if (found % 65536 !== count % 65536)
      this.fail(`${found} members in its directory`, `${count} members as its end record says`);
    return members;
  }

  /** The directory that the last end record names which has one; bytes may stand before the archive and after it. */
  private findDirectory(): Directory {
    const size = this.bytes;
    const start = Math.max(0, size - longestTail);
    const tail = Buffer.from(this.bytesAt(start, size - start).buffer);
    const signature = Buffer.from('PK\u0005\u0006');
    let wrong: Contradiction | undefined;
    for (let at = tail.lastIndexOf(signature); at >= 0; at = at > 0 ? tail.lastIndexOf(signature, at - 1) : -1) {
      if (at + endBytes > tail.length) continue;
      const end = view(tail.subarray(at));
      const found = this.directoryBefore(start + at, end);
      if (found && 'offset' in found) return found;
      // Bytes that look like an end record are one for certain where exactly its comment follows.
      if (at + endBytes + end.getUint16(20, true) === tail.length) wrong ??= found;
    }
    if (wrong) this.fail(wrong.got, wrong.expected, wrong.remedy);
    const head = this.bytesAt(0, Math.min(size, headBytes));
    if (signatureOf(head) === 'a ZIP archive')
      this.fail('a ZIP archive without its end (it is cut short)', 'a whole ZIP archive');
    throw strangeFile(this.path, head, 'a whole ZIP archive', { remedy: fetchAgain });
  }

  /** Where the directory of an end record is, or why it has none. */
  private directoryBefore(endOffset: number, end: DataView): Directory | Contradiction | undefined {
    let [count, bytes, stated] = [end.getUint16(10, true), end.getUint32(12, true), end.getUint32(16, true)];
    const part = end.getUint16(4, true);
    if (part !== 0 && part !== 0xffff)
      return {
        got: `part ${part + 1} of an archive in several parts`,
        expected: 'a whole ZIP archive',
        remedy: 'Join the parts first (zip -s 0)',
      };
    let directoryEnd = endOffset;
    const locator = endOffset >= 20 ? view(this.bytesAt(endOffset - 20, 20)) : undefined;
    if (locator?.getUint32(0, true) === end64Locator) {
      // Where bytes stand before the archive, the record is not at the stated place but right before its locator.
      const places = [Number(locator.getBigUint64(8, true)), endOffset - 20 - 56];
      const place = places.find((one) => one >= 0 && one + 56 <= endOffset && this.wordAt(one) === end64Record);
      if (place === undefined) return { got: 'no ZIP64 end record', expected: 'one where its locator points' };
      const end64 = view(this.bytesAt(place, 56));
      [count, bytes, stated] = [32, 40, 48].map((field) => Number(end64.getBigUint64(field, true))) as [
        number,
        number,
        number,
      ];
      directoryEnd = place;
    } else if (bytes === elsewhere || stated === elsewhere) {
      return { got: 'no ZIP64 locator', expected: 'one, as its end record says' };
    }
    if (count === 0 && bytes === 0) return { offset: 0, bytes: 0, count: 0, before: 0 };
    for (const offset of [directoryEnd - bytes, stated]) {
      if (offset < 0 || offset + bytes > directoryEnd || this.wordAt(offset) !== centralHeader) continue;
      const before = offset === stated ? 0 : offset - stated;
      // An archive inside one that is cut short has its end too.
      if (before < 0 || (before > 0 && this.wordAt(0) === localHeader)) continue;
      return { offset, bytes, count, before };
    }
    return undefined;
  }

  private wordAt(offset: number): number {
    return offset + 4 <= this.bytes ? view(this.bytesAt(offset, 4)).getUint32(0, true) : 0;
  }

  private bytesAt(offset: number, bytes: number): Uint8Array {
    const size = this.bytes;
    if (offset < 0 || bytes < 0 || offset + bytes > size)
      this.fail(`${size} bytes`, `at least ${offset + bytes} (it is cut short)`);
    const out = new Uint8Array(bytes);
    this.file.readAt(this.start + offset, out);
    return out;
  }

  private damaged(member: ZipMember, got: string, cause?: unknown, expected = 'an undamaged member'): never {
    throw new DataError(
      { where: `${this.path}, member "${member.name}"`, got: described(got), expected, remedy: fetchAgain },
      cause === undefined ? undefined : { cause },
    );
  }

  private fail(got: string, expected: string, remedy = fetchAgain): never {
    throw new DataError({ where: this.path, got: described(got), expected, remedy });
  }
}

interface Contradiction {
  readonly got: string;
  readonly expected: string;
  readonly remedy?: string;
}

interface Directory {
  readonly offset: number;
  readonly bytes: number;
  /** Members as its end record says. */
  readonly count: number;
  /** Bytes of the file before the archive, from which its offsets count. */
  readonly before: number;
}

/** Ways to pack that are not read here. */
const methods: Readonly<Record<number, string>> = {
  9: 'deflate64',
  12: 'bzip2',
  14: 'LZMA',
  93: 'zstd',
  95: 'xz',
};

/** Names are UTF-8, said or not; other bytes are kept apart one by one. */
function nameOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('latin1').decode(bytes);
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
