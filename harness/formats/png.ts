/**
 * @file Decodes PNG images to RGB bytes, checksums verified, and encodes RGB as PNG.
 *
 * Grey is replicated and palettes are expanded; transparency is refused or dropped, as the caller asks.
 */
import { crc32 } from 'node:zlib';
import { DataError, described } from '../core/errors.ts';
import { mostPixels, type RgbImage } from './image.ts';
import { signatureOf, strangeFile } from './signature.ts';

export interface PngOptions {
  /**
   * `refuse`: a pixel that is not opaque is an error, because there is no colour it surely has. `drop`: the colour under the
   * transparency counts, as in Pillow's `convert('RGB')`.
   */
  readonly alpha: 'refuse' | 'drop';
}

const signatureBytes = 8;

/**
 * Decodes a PNG of 1 to 8 bits per channel.
 * @param where the file, for errors
 * @throws DataError naming it when it is no PNG, cut short, damaged (CRC-32), of 16 bits, too large, or transparent where that is refused.
 */
export async function decodePng(where: string, bytes: Uint8Array, options: PngOptions): Promise<RgbImage> {
  const { width, height, bitDepth } = readHeader(where, bytes);
  if (bitDepth === 16) fail(where, '16 bits per channel', 'at most 8', 'Save the image with 8 bits per channel');
  if (width * height > mostPixels) fail(where, `${width} x ${height} pixels`, `at most ${mostPixels} pixels`);
  verifyChunks(where, bytes);
  const rgba = await decode(where, bytes);
  const data = new Uint8Array(width * height * 3);
  let transparent = 0;
  for (let from = 0, to = 0; to < data.length; from += 4, to += 3) {
    data[to] = rgba[from]!;
    data[to + 1] = rgba[from + 1]!;
    data[to + 2] = rgba[from + 2]!;
    if (rgba[from + 3] !== 255) transparent += 1;
  }
  if (transparent > 0 && options.alpha === 'refuse')
    fail(where, `${transparent} pixels that are not opaque`, 'opaque pixels', 'Save the image without transparency');
  return { width, height, data };
}

/** uint8[height, width, 4] */
async function decode(where: string, bytes: Uint8Array): Promise<Uint8Array> {
  // Loaded with the first image: nothing else of the harness needs the library.
  const { default: sharp } = await import('sharp');
  try {
    const input = sharp(bytes, { failOn: 'truncated', ignoreIcc: true, limitInputPixels: mostPixels });
    return await input.toColourspace('srgb').ensureAlpha().raw({ depth: 'uchar' }).toBuffer();
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message.split('\n')[0]! : String(thrown);
    return fail(where, `a damaged PNG image (${reason})`, 'a whole one', undefined, thrown);
  }
}

function readHeader(where: string, bytes: Uint8Array): { width: number; height: number; bitDepth: number } {
  if (signatureOf(bytes) !== 'a PNG image')
    throw strangeFile(where, bytes, 'a PNG image', { remedy: 'Check that this is the right file' });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 33 || view.getUint32(12) !== 0x49484452)
    fail(where, `${bytes.length} bytes without a header`, 'a PNG image');
  return { width: view.getUint32(16), height: view.getUint32(20), bitDepth: bytes[24]! };
}

/** Every checksum from the header to IEND: the decoder's own messages about damage do not say what is wrong. */
function verifyChunks(where: string, bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = signatureBytes, type = ''; type !== 'IEND';) {
    const end = at + 12 <= bytes.length ? at + 12 + view.getUint32(at) : Infinity;
    if (end > bytes.length) fail(where, 'a PNG image that is cut short', 'a whole one');
    type = new TextDecoder('latin1').decode(bytes.subarray(at + 4, at + 8));
    if (crc32(bytes.subarray(at + 4, end - 4)) !== view.getUint32(end - 4))
      fail(where, `a damaged PNG image (chunk ${JSON.stringify(type)} has a wrong checksum)`, 'a whole one');
    at = end;
  }
}

function fail(
  where: string,
  got: string,
  expected: string,
  remedy = 'Write or fetch the file again',
  cause?: unknown,
): never {
  throw new DataError({ where, got: described(got), expected, remedy }, cause === undefined ? undefined : { cause });
}
