/**
 * @file Tar archives, read member by member from a stream: nothing is written to disk, and names that climb out of a folder are refused.
 * Source: POSIX.1-2001 `pax` interchange format; GNU long names.
 */
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { DataError, described, systemCode } from '../core/errors.ts';
import { headOfInput, piecesOfInput } from '../system/files/input-file.ts';
import { signatureOf, strangeFile } from './signature.ts';

export interface TarMember {
  /** Path inside the archive, without a leading `./`. */
  readonly name: string;
  readonly data: Uint8Array;
}

const blockBytes = 512;

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
  const reader = new BlockReader(path, unpacked(path, onBytes));
  let longName: string | undefined;
  for (;;) {
    const header = await reader.take(blockBytes);
    if (header.length === 0 || header.every((byte) => byte === 0)) return;
    if (header.length < blockBytes || !checksumHolds(header))
      throw damaged(path, 'a header that is damaged or cut short');
    const bytes = octal(header, 124, 12);
    const type = String.fromCharCode(header[156]!);
    const name = longName ?? joined(text(header, 345, 155), text(header, 0, 100));
    if (bytes > maxBytes)
      throw damaged(path, `a member "${name}" of ${bytes} bytes`, `members of at most ${maxBytes} bytes`);
    const data = await reader.take(bytes);
    if (data.length < bytes) throw damaged(path, `an archive that ends inside "${name}"`);
    await reader.take((blockBytes - (bytes % blockBytes)) % blockBytes);
    if (type === 'L') longName = new TextDecoder().decode(data).replace(/\0.*$/s, '');
    else if (type === 'x') longName = paxPath(data) ?? longName;
    else {
      longName = undefined;
      if (type === '0' || type === '\0') yield { name: safe(path, name), data };
    }
  }
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
