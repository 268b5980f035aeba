/**
 * @file Decodes an image by the format that its first bytes show.
 *
 * Photographs do not always carry the right extension.
 */
import type { RgbImage } from './image.ts';
import { decodeJpeg } from './jpeg.ts';
import { decodePng } from './png.ts';
import { signatureOf, strangeFile } from './signature.ts';

/**
 * Decodes a JPEG or PNG as Pillow's `open(...).convert('RGB')` does; transparency is dropped.
 * @throws DataError naming `where` when it is neither, or damaged
 */
export async function decodeImage(where: string, bytes: Uint8Array): Promise<RgbImage> {
  const found = signatureOf(bytes);
  if (found === 'a JPEG image') return decodeJpeg(where, bytes);
  if (found === 'a PNG image') return decodePng(where, bytes, { alpha: 'drop' });
  throw strangeFile(where, bytes, 'a JPEG or PNG image', { remedy: 'Fetch the file again' });
}
