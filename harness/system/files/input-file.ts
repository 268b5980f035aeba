/** @file Reads files, whole or by their first bytes; throws a one-line DataError when one cannot be read. */
import { diskOf } from '../disk.ts';
import { asReadError } from './system-error.ts';
import { openInput, type OpenFile } from './open-file.ts';

const { readFile } = diskOf('files/input-file');

const pieceBytes = 1 << 16;

/**
 * The whole file, of any size.
 * @param expected what it should be, such as `a ZIP archive`
 * @throws DataError when it cannot be read
 */
export function readInput(path: string, expected: string): Buffer {
  return reading(path, expected, (file) => {
    const whole = filled(file, Buffer.alloc(file.size()));
    // The files of /proc say that they are empty, and a file may grow while it is read.
    const rest: Buffer[] = [];
    for (let at = whole.length; ; at += rest.at(-1)!.length) {
      const piece = Buffer.alloc(pieceBytes);
      const read = file.readAt(at, piece);
      if (read === 0) return rest.length === 0 ? whole : Buffer.concat([whole, ...rest]);
      rest.push(piece.subarray(0, read));
    }
  });
}

/** The whole file, read while other work goes on. @throws DataError when it cannot be read */
export async function readInputAhead(path: string, expected: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (thrown) {
    throw asReadError(path, expected, thrown);
  }
}

/** The whole file as text in UTF-8. @throws DataError when it cannot be read */
export function readText(path: string, expected = 'a text'): string {
  const bytes = readInput(path, expected);
  try {
    return bytes.toString('utf8');
  } catch (thrown) {
    throw asReadError(path, expected, thrown);
  }
}

/** Its first bytes, by which formats are told apart; fewer where it is shorter. @throws DataError when it cannot be read */
export function headOfInput(path: string, expected: string, bytes = 512): Buffer {
  return reading(path, expected, (file) => filled(file, Buffer.alloc(bytes)));
}

/** The file piece by piece. @throws DataError when it cannot be read */
export async function* piecesOfInput(path: string, expected: string, bytes = 1 << 20): AsyncGenerator<Buffer, void> {
  const file = openInput(path, expected);
  try {
    yield* file.pieces(0, Infinity, bytes);
  } finally {
    file.close();
  }
}

function reading<T>(path: string, expected: string, read: (file: OpenFile) => T): T {
  const file = openInput(path, expected);
  try {
    return read(file);
  } finally {
    file.close();
  }
}

function filled(file: OpenFile, out: Buffer): Buffer {
  return out.subarray(0, file.readAt(0, out));
}
