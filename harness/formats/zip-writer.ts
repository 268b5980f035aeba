/** @file Writes ZIP archives: equal members give equal bytes, on every day and machine. */
import { Zip, ZipDeflate, ZipPassThrough } from 'fflate';
import { writeFileAtomically } from '../system/files/atomic-file.ts';
import { DataError, described } from '../core/errors.ts';

/** Offsets and sizes have 32 bits, and the directory and its end need some of them. */
const mostBytes = 2 ** 32 - 2 ** 17;
/** The first day that an archive can name, in whatever zone the machine is. */
const firstDay = new Date(1980, 0, 1);

/**
 * Writes an archive atomically. The same members give the same bytes on every day and machine: all carry the date 1980-01-01.
 * @param deflate whether members are packed; numbers of trained networks hardly shrink, counts and images do.
 * @throws DataError when it would take more than 4 GiB
 */
export function writeZip(
  path: string,
  members: Iterable<readonly [name: string, bytes: Uint8Array]>,
  deflate: boolean,
): void {
  const pieces: Uint8Array[] = [];
  let written = 0;
  const zip = new Zip((error, piece) => {
    if (error) throw error;
    pieces.push(piece);
    written += piece.length;
  });
  for (const [name, bytes] of members) {
    if (written + bytes.length > mostBytes) {
      throw new DataError({
        where: path,
        got: described(`more than 4 GiB at member "${name}"`),
        expected: 'less than 4 GiB in one archive',
        remedy: 'Write fewer images to one file',
      });
    }
    const member = deflate ? new ZipDeflate(name, { level: 6 }) : new ZipPassThrough(name);
    member.mtime = firstDay;
    zip.add(member);
    member.push(bytes, true);
  }
  zip.end();
  writeFileAtomically(path, ...pieces);
}
