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

/**
 * Decodes a JPEG.
 * @param where the file, for errors
 * @throws DataError naming it when it is no JPEG, cut short, damaged or too large. Stray bytes between segments are passed over, as
 *   libjpeg does: some images of ImageNet have them.
 */
export async function decodeJpeg(where: string, bytes: Uint8Array): Promise<RgbImage> {
  if (signatureOf(bytes) !== 'a JPEG image') throw strangeFile(where, bytes, 'a JPEG image', { remedy: fetchAgain });
  // Loaded with the first image: nothing else of the harness needs the library.
  const { default: sharp } = await import('sharp');
  try {
    const input = sharp(bytes, { failOn: 'truncated', ignoreIcc: true, limitInputPixels: mostPixels });
    const { space } = await input.metadata();
    const colours =
      space === 'cmyk' ? input.pipelineColourspace('cmyk').toColourspace('cmyk') : input.toColourspace('srgb');
    const { data, info } = await colours.raw().toBuffer({ resolveWithObject: true });
    const rgb = space === 'cmyk' ? fromCmyk(data) : data;
    return { width: info.width, height: info.height, data: rgb };
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message.split('\n')[0]! : String(thrown);
    return fail(where, `a JPEG image that cannot be decoded (${reason})`, 'a whole one', thrown);
  }
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
