/** @file sha256 of a file, as 64 lowercase hex digits. */
import { createHash } from 'node:crypto';
import { piecesOfInput } from './input-file.ts';

/**
 * Reads a file in pieces; `onBytes` is told each piece's size.
 * @throws DataError when it cannot be read
 */
export async function sha256OfFile(path: string, onBytes?: (bytes: number) => void): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of piecesOfInput(path, 'a file')) {
    hash.update(piece);
    onBytes?.(piece.length);
  }
  return hash.digest('hex');
}
