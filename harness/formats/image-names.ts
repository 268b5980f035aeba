/**
 * @file Recognises names of image files; refuses the formats that are not read here.
 *
 * Such files are not silently skipped, since other tools read them.
 */
import { extname } from 'node:path';
import { DataError, described } from '../core/errors.ts';

const jpeg = /\.(jpe?g|jpe|jfif)$/i;
const png = /\.png$/i;
const unread = /\.(webp|gif|bmp|tiff?|ppm|pgm|pnm|jp2|avif|heic|jxl)$/i;

/** Whether a name is that of an image of any kind. */
export function isImageName(name: string): boolean {
  return png.test(name) || jpeg.test(name) || unread.test(name);
}

export function isJpegName(name: string): boolean {
  return jpeg.test(name);
}

/** @throws DataError when there are images of kinds that are not read here */
export function requireReadableImages(folder: string, names: readonly string[]): void {
  const strangers = names.filter((name) => unread.test(name));
  const [first] = strangers;
  if (first === undefined) return;
  throw new DataError({
    where: folder,
    got: described(`${strangers.length} of ${names.length} images as ${extname(first)}, such as ${first}`),
    expected: 'PNG or JPEG images',
    remedy: 'Save them as PNG, or move them away',
  });
}
