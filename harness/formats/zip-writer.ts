/**
 * @file Writing ZIP archives: the same members give the same bytes, whenever and wherever they are written.
 * Source: PKWARE APPNOTE 6.3.10, sections 4.3 and 4.4.
 */
import { crc32, deflateRawSync } from 'node:zlib';
import { writeFileAtomically } from '../system/files/atomic-file.ts';
import { DataError, described } from '../core/errors.ts';

const centralHeader = 0x02014b50;
const localHeader = 0x04034b50;
const endRecord = 0x06054b50;
/** Offsets and sizes have 32 bits, and the directory and its end need some of them. */
const mostBytes = 2 ** 32 - 2 ** 17;

/**
 * Writes an archive atomically. The same members give the same bytes on every day and machine: all carry the date 1980-01-01.
 * @param deflate whether members are packed; numbers of trained networks hardly shrink, counts and images do.
 */
export function writeZip(
  path: string,
  members: Iterable<readonly [name: string, bytes: Uint8Array]>,
  deflate: boolean,
): void {
  const pieces: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const [name, bytes] of members) {
    const packed = deflate ? deflateRawSync(bytes) : bytes;
    const nameBytes = Buffer.from(name);
    if (offset + packed.length + bytes.length > mostBytes) {
      throw new DataError({
        where: path,
        got: described(`more than 4 GiB at member "${name}"`),
        expected: 'less than 4 GiB in one archive',
        remedy: 'Write fewer images to one file',
      });
    }
    const shared = Buffer.alloc(26);
    shared.writeUInt16LE(20, 0);
    shared.writeUInt16LE(0x0800, 2);
    shared.writeUInt16LE(deflate ? 8 : 0, 4);
    shared.writeUInt16LE((1 << 5) | 1, 8);
    shared.writeUInt32LE(crc32(bytes), 10);
    shared.writeUInt32LE(packed.length, 14);
    shared.writeUInt32LE(bytes.length, 18);
    shared.writeUInt16LE(nameBytes.length, 22);
    pieces.push(word(localHeader), shared, nameBytes, packed);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(offset, 10);
    directory.push(word(centralHeader), Buffer.from([20, 0]), shared, place, nameBytes);
    offset += 30 + nameBytes.length + packed.length;
  }
  const count = directory.length / 5;
  const end = Buffer.alloc(18);
  end.writeUInt16LE(count, 4);
  end.writeUInt16LE(count, 6);
  end.writeUInt32LE(
    directory.reduce((sum, piece) => sum + piece.length, 0),
    8,
  );
  end.writeUInt32LE(offset, 12);
  writeFileAtomically(path, ...pieces, ...directory, word(endRecord), end);
}

function word(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
