/** @file Writes the pieces of a file in turn with making them: the baseline of unpacking. */
import { dirname } from 'node:path';
import { makeFolder } from '../../system/files/files.ts';
import { createFile } from '../../system/files/open-file.ts';

/** Unlike `writePieces`, asks for the next piece only when the one before has been written, and writes on this thread. */
export async function writeInTurn(path: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  makeFolder(dirname(path));
  const file = createFile(path);
  try {
    let at = 0;
    for await (const piece of pieces) {
      file.writeAt(at, piece);
      at += piece.length;
    }
  } finally {
    file.close();
  }
}
