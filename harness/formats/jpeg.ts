/**
 * @file Decodes JPEG images to RGB bytes, bit for bit as Pillow.
 *
 * That is libjpeg's accurate integer transform and smooth chroma upsampling, embedded colour profiles and orientation ignored, and CMYK
 * converted by Pillow's formula.
 */
import { DataError, described } from '../core/errors.ts';
import { mostPixels, type RgbImage } from './image.ts';
import { signatureOf, strangeFile } from './signature.ts';

const fetchAgain = 'Fetch the file again';

/** Loaded with the first image, since little else of the harness needs it, and kept: finding it again takes its time with every image. */
let library: Promise<typeof import('sharp')> | undefined;

/**
 * Decodes a JPEG.
 * @param where the file, for errors
 * @throws DataError naming it when it is no JPEG, cut short, damaged or too large. Stray bytes between segments are passed over, as
 *   libjpeg does: some images of ImageNet have them.
 */
export async function decodeJpeg(where: string, bytes: Uint8Array): Promise<RgbImage> {
  if (signatureOf(bytes) !== 'a JPEG image') throw strangeFile(where, bytes, 'a JPEG image', { remedy: fetchAgain });
  const { default: sharp } = await (library ??= import('sharp'));
  try {
    const input = sharp(bytes, { failOn: 'truncated', ignoreIcc: true, limitInputPixels: mostPixels });
    // Asking the library would open the image once more, a tenth of the time of decoding it.
    const isCmyk = componentsOf(bytes) === 4;
    const colours = isCmyk ? input.pipelineColourspace('cmyk').toColourspace('cmyk') : input.toColourspace('srgb');
    const { data, info } = await colours.raw().toBuffer({ resolveWithObject: true });
    const rgb = isCmyk ? fromCmyk(data) : data;
    return { width: info.width, height: info.height, data: rgb };
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message.split('\n')[0]! : String(thrown);
    return fail(where, `a JPEG image that cannot be decoded (${reason})`, 'a whole one', thrown);
  }
}

/** Colour components by the frame header; null where none comes before the coded data. Source: ITU-T T.81, B.1 and B.2.2. */
function componentsOf(bytes: Uint8Array): number | null {
  for (let at = 2; at + 9 < bytes.length;) {
    const marker = bytes[at + 1]!;
    if (bytes[at] !== 0xff || !hasLength(marker)) {
      at += 1;
      continue;
    }
    if (isFrame(marker)) return bytes[at + 9]!;
    if (marker === startOfScan) return null;
    at += 2 + ((bytes[at + 2]! << 8) | bytes[at + 3]!);
  }
  return null;
}

const startOfScan = 0xda;

/** The others stand alone, or are no markers: fill bytes, and what was coded. */
function hasLength(marker: number): boolean {
  return marker >= 0xc0 && marker < 0xff && !(marker >= 0xd0 && marker <= 0xd9);
}

/** SOF0 to SOF15, among which the tables DHT, JPG and DAC have their numbers. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

/** R = max(0, 255 - K - C (255 - K) / 255) with Pillow's rounded division, the same for G and B. */
function fromCmyk(cmyk: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((cmyk.length / 4) * 3);
  for (let from = 0, to = 0; from < cmyk.length; from += 4, to += 3) {
    const light = 255 - cmyk[from + 3]!;
    for (let channel = 0; channel < 3; channel++) {
      const product = cmyk[from + channel]! * light + 128;
      rgb[to + channel] = Math.max(0, light - (((product >> 8) + product) >> 8));
    }
  }
  return rgb;
}

function fail(where: string, got: string, expected: string, cause?: unknown): never {
  throw new DataError(
    { where, got: described(got), expected, remedy: fetchAgain },
    cause === undefined ? undefined : { cause },
  );
}
