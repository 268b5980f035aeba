/**
 * @file Reads tar archives from a stream, member by member.
 *
 * Nothing is written to disk, and names that leave the folder are refused. Source: POSIX.1-2001 `pax` interchange format; GNU long names.
 */
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { DataError, described, systemCode } from '../core/errors.ts';
import { headOfInput, piecesOfInput } from '../system/files/input-file.ts';
import { openInput } from '../system/files/open-file.ts';
import { signatureOf, strangeFile } from './signature.ts';

export interface TarMember {
  /** Path inside the archive, without a leading `./`. */
  readonly name: string;
  readonly data: Uint8Array;
}

const blockBytes = 512;

/** A member whose bytes come piece by piece; they must be read before the next member is asked for. */
export interface StreamedMember {
  readonly name: string;
  readonly bytes: number;
  readonly pieces: () => AsyncGenerator<Uint8Array, void>;
}

/**
 * The regular files of a `.tar` or `.tar.gz`, in the order of the archive. Links, folders and devices are passed over.
 * @param maxBytes the largest member that is read; a larger one is refused
 * @param onBytes told how much of the file has been read
 * @throws DataError when the file is missing, no archive, cut short or damaged, and when a name is absolute or contains `..`
 */
export async function* readTar(
  path: string,
  maxBytes: number,
  onBytes?: (bytes: number) => void,
): AsyncGenerator<TarMember, void> {
  for await (const { name, bytes, pieces } of streamTar(path, onBytes)) {
    if (bytes > maxBytes)
      throw damaged(path, `a member "${name}" of ${bytes} bytes`, `members of at most ${maxBytes} bytes`);
    const data = new Uint8Array(bytes);
    let filled = 0;
    for await (const piece of pieces()) {
      data.set(piece, filled);
      filled += piece.length;
    }
    yield { name, data };
  }
}

/**
 * As `readTar`, for members of any size: what is not read of a member is passed over.
 * @throws DataError as `readTar`, a cut or damaged member while its pieces are read
 */
export async function* streamTar(
  path: string,
  onBytes?: (bytes: number) => void,
): AsyncGenerator<StreamedMember, void> {
  const reader = new BlockReader(path, unpacked(path, onBytes));
  let longName: string | undefined;
  for (;;) {
    const header = await reader.take(blockBytes);
    if (header.length === 0 || header.every((byte) => byte === 0)) return;
    const { bytes, type, name } = readHeader(path, header, longName);
    if (namesNext(type)) {
      const data = await reader.take(nameBytes(path, bytes));
      if (data.length < bytes) throw damaged(path, `an archive that ends inside "${name}"`);
      longName = nameOfNext(type, data, longName);
      await reader.take(padding(bytes));
      continue;
    }
    longName = undefined;
    let left = bytes;
    const next = async (): Promise<Uint8Array> => {
      const piece = await reader.some(left);
      if (piece === undefined) throw damaged(path, `an archive that ends inside "${name}"`);
      left -= piece.length;
      return piece;
    };
    const pieces = async function* (): AsyncGenerator<Uint8Array, void> {
      while (left > 0) yield await next();
    };
    if (isRegular(type)) yield { name: safe(path, name), bytes, pieces };
    while (left > 0) await next();
    await reader.take(padding(bytes));
  }
}

/** Where the bytes of a member lie in the file. */
interface TarPlace {
  readonly name: string;
  readonly start: number;
  readonly bytes: number;
}

/**
 * The regular files of an uncompressed archive and where each lies; of the archive itself only the headers are read.
 * @throws DataError as `readTar`, also where the file ends inside a member
 */
export function tarPlaces(path: string): TarPlace[] {
  const file = openInput(path, 'a tar archive');
  const places: TarPlace[] = [];
  const take = (at: number, bytes: number): Uint8Array => {
    const out = new Uint8Array(bytes);
    return out.subarray(0, file.readAt(at, out));
  };
  try {
    let longName: string | undefined;
    for (let at = 0; ;) {
      const header = take(at, blockBytes);
      if (header.length === 0 || header.every((byte) => byte === 0)) return places;
      const { bytes, type, name } = readHeader(path, header, longName);
      const start = at + blockBytes;
      if (start + bytes > file.size()) throw damaged(path, `an archive that ends inside "${name}"`);
      at = start + bytes + padding(bytes);
      longName = namesNext(type) ? nameOfNext(type, take(start, nameBytes(path, bytes)), longName) : undefined;
      if (isRegular(type)) places.push({ name: safe(path, name), start, bytes });
    }
  } finally {
    file.close();
  }
}

interface Header {
  readonly bytes: number;
  readonly type: string;
  readonly name: string;
}

function readHeader(path: string, header: Uint8Array, longName: string | undefined): Header {
  if (header.length < blockBytes || !checksumHolds(header))
    throw damaged(path, 'a header that is damaged or cut short');
  return {
    bytes: octal(header, 124, 12),
    type: String.fromCharCode(header[156]!),
    name: longName ?? joined(text(header, 345, 155), text(header, 0, 100)),
  };
}

function isRegular(type: string): boolean {
  return type === '0' || type === '\0';
}

/** Whether the member holds the name of the next one. */
function namesNext(type: string): boolean {
  return type === 'L' || type === 'x';
}

function nameOfNext(type: string, data: Uint8Array, before: string | undefined): string | undefined {
  return type === 'L' ? new TextDecoder().decode(data).replace(/\0.*$/s, '') : (paxPath(data) ?? before);
}

function nameBytes(path: string, bytes: number): number {
  if (bytes > mostNameBytes) throw damaged(path, `a name of ${bytes} bytes`);
  return bytes;
}

/** Names and pax records are short; a larger one is damage that would be read into memory. */
const mostNameBytes = 1 << 20;

/** Zeros that fill a member's last block. */
function padding(bytes: number): number {
  return (blockBytes - (bytes % blockBytes)) % blockBytes;
}

/** A file that goes into an archive: its name there, and its bytes. */
export interface TarEntry {
  readonly name: string;
  readonly bytes: number;
  readonly pieces: () => AsyncIterable<Uint8Array>;
}

/**
 * An archive of regular files in POSIX `ustar` form: mode 644, owner 0, time 0, so that equal contents make equal bytes.
 * Sizes from 8 GiB on are binary, as GNU tar writes them. Names have at most 100 bytes: more is a mistake of the caller.
 */
export async function* tarPieces(entries: readonly TarEntry[]): AsyncGenerator<Uint8Array, void> {
  for (const { name, bytes, pieces } of entries) {
    yield header(name, bytes);
    yield* pieces();
    yield new Uint8Array(padding(bytes));
  }
  yield new Uint8Array(2 * blockBytes);
}

function header(name: string, bytes: number): Uint8Array {
  if (Buffer.byteLength(name) > 100) throw new RangeError(`tar: the name "${name}"`);
  const block = Buffer.alloc(blockBytes);
  const number = (value: number, digits: number): string => `${value.toString(8).padStart(digits, '0')}\0`;
  block.write(name, 0);
  block.write(number(0o644, 7), 100);
  block.write(number(0, 7), 108);
  block.write(number(0, 7), 116);
  if (bytes < 2 ** 33) block.write(number(bytes, 11), 124);
  else {
    block[124] = 0x80;
    block.writeUIntBE(bytes, 130, 6);
  }
  block.write(number(0, 11), 136);
  block.write(' '.repeat(8), 148);
  block.write('0', 156);
  block.write('ustar\x0000', 257);
  block.write(
    `${number(
      block.reduce((sum, byte) => sum + byte, 0),
      6,
    )} `,
    148,
  );
  return block;
}

/** Collects pieces of a stream into blocks of the length asked for. */
class BlockReader {
  private readonly path: string;
  private readonly pieces: AsyncIterator<Buffer>;
  private rest: Uint8Array = new Uint8Array(0);

  constructor(path: string, pieces: AsyncIterable<Buffer>) {
    this.path = path;
    this.pieces = pieces[Symbol.asyncIterator]();
  }

  /** The next `bytes` bytes, fewer where the stream ends. */
  async take(bytes: number): Promise<Uint8Array> {
    const out = new Uint8Array(bytes);
    let filled = 0;
    while (filled < bytes) {
      if (this.rest.length === 0) {
        const next = await this.next();
        if (!next) return out.subarray(0, filled);
        this.rest = next;
      }
      const taken = this.rest.subarray(0, bytes - filled);
      out.set(taken, filled);
      filled += taken.length;
      this.rest = this.rest.subarray(taken.length);
    }
    return out;
  }

  /** At least one and at most `bytes` bytes; undefined where the stream ends. */
  async some(bytes: number): Promise<Uint8Array | undefined> {
    while (this.rest.length === 0) {
      const next = await this.next();
      if (!next) return undefined;
      this.rest = next;
    }
    const taken = this.rest.subarray(0, bytes);
    this.rest = this.rest.subarray(taken.length);
    return taken;
  }

  private async next(): Promise<Buffer | undefined> {
    try {
      const result = await this.pieces.next();
      return result.done ? undefined : result.value;
    } catch (thrown) {
      throw damaged(this.path, `data that do not unpack (${systemCode(thrown) ?? 'unknown error'})`, undefined, thrown);
    }
  }
}

function unpacked(path: string, onBytes?: (bytes: number) => void): AsyncIterable<Buffer> {
  const head = headOfInput(path, 'a .tar.gz archive', blockBytes);
  const found = signatureOf(head);
  if (found !== 'a gzip stream' && found !== 'a tar archive')
    throw strangeFile(path, head, 'a .tar.gz archive', { remedy: 'Fetch the file again' });
  const file = Readable.from(watched(piecesOfInput(path, 'a .tar.gz archive', 1 << 18), onBytes));
  if (found === 'a tar archive') return file;
  const gunzip = createGunzip();
  // pipe() does not carry an error of the file over to the stream that is read.
  file.once('error', (error) => gunzip.destroy(error));
  return file.pipe(gunzip);
}

async function* watched(
  pieces: AsyncIterable<Buffer>,
  onBytes?: (bytes: number) => void,
): AsyncGenerator<Buffer, void> {
  for await (const piece of pieces) {
    onBytes?.(piece.length);
    yield piece;
  }
}

/** The sum of all bytes of the header, those of the checksum itself counted as spaces. */
function checksumHolds(header: Uint8Array): boolean {
  const sum = header.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 32 : byte), 0);
  return sum === octal(header, 148, 8);
}

/** A number field: octal digits, or binary where the first bit is set (sizes beyond 8 GiB). */
function octal(header: Uint8Array, start: number, length: number): number {
  if (header[start]! & 0x80)
    return header.subarray(start + 1, start + length).reduce((value, byte) => value * 256 + byte, 0);
  return Number.parseInt(text(header, start, length).trim() || '0', 8);
}

function text(bytes: Uint8Array, start: number, length: number): string {
  return new TextDecoder().decode(bytes.subarray(start, start + length)).replace(/\0.*$/s, '');
}

function joined(prefix: string, name: string): string {
  return prefix ? `${prefix}/${name}` : name;
}

/** The path of a pax record `<length> path=<value>\n`, if there is one. */
function paxPath(data: Uint8Array): string | undefined {
  return /^\d+ path=(.*)$/m.exec(new TextDecoder().decode(data))?.[1];
}

function safe(path: string, name: string): string {
  const clean = name.replace(/^(\.\/)+/, '');
  if (clean.startsWith('/') || /^[A-Za-z]:/.test(clean) || clean.split(/[/\\]/).includes('..'))
    throw damaged(path, `a member named "${name}"`, 'names that stay inside the archive');
  return clean;
}

function damaged(path: string, got: string, expected = 'a whole .tar.gz archive', cause?: unknown): DataError {
  return new DataError(
    { where: path, got: described(got), expected, remedy: 'Fetch the file again' },
    cause === undefined ? undefined : { cause },
  );
}
