/**
 * @file Reads images to be scored, from an `.npz` of uint8 or a folder of PNG and JPEG, in batches.
 *
 * All images of a set have one size.
 */
import { DataError, described } from '../../core/errors.ts';
import type { RgbImage } from '../../formats/image.ts';
import { isImageName, isJpegName, requireReadableImages } from '../../formats/image-names.ts';
import { NpzFile } from '../../formats/npz.ts';
import { decodePng } from '../../formats/png.ts';
import { decodeImage } from '../../formats/raster.ts';
import { signatureOf } from '../../formats/signature.ts';
import { walkFolder } from '../../system/files/folder-walk.ts';
import { exists, isFolder } from '../../system/files/files.ts';
import { readInput } from '../../system/files/input-file.ts';

/** uint8 RGB images of one size in a fixed order. */
export interface ScoredImages {
  readonly name: string;
  readonly count: number;
  readonly height: number;
  readonly width: number;
  /** What whoever reads the score must know of the folder: what was left out, how many are JPEG. One line each. */
  readonly remarks: readonly string[];
  /** uint8[n, height, width, 3] with n = `batchImages` but for the last one; each call starts from the first image. */
  batches(batchImages: number): AsyncIterable<Uint8Array>;
}

/**
 * Opens what a path names: a folder of PNG and JPEG files in the order of their names, or an `.npz` whose `arr_0` (else its only array) is
 * uint8[N, h, w, 3].
 * Source: openai/guided-diffusion `evaluations/evaluator.py` for the array; EDM `fid.py` for the order of a folder, in which every kind of
 *   image counts.
 * @throws DataError when there is nothing to read, an image is of another size or type than the rest, or of a kind that is not read
 */
export async function openImages(path: string): Promise<ScoredImages> {
  requireSomething(path);
  return isFolder(path) ? imageFolder(path) : npzImages(path);
}

/** Images that are in memory. @param pixels uint8[count, height, width, 3] */
export function memoryImages(name: string, pixels: Uint8Array, height: number, width: number): ScoredImages {
  const imageBytes = height * width * 3;
  return {
    name,
    count: pixels.length / imageBytes,
    height,
    width,
    remarks: [],
    // eslint-disable-next-line @typescript-eslint/require-await -- the other sources have something to wait for
    async *batches(batchImages) {
      for (let at = 0; at < pixels.length; at += batchImages * imageBytes) {
        yield pixels.subarray(at, Math.min(pixels.length, at + batchImages * imageBytes));
      }
    },
  };
}

async function npzImages(path: string): Promise<ScoredImages> {
  const { name, shape } = await imageArray(path);
  const [count, height, width] = shape as [number, number, number];
  return {
    name: path,
    count,
    height,
    width,
    remarks: [],
    async *batches(batchImages) {
      const file = new NpzFile(path);
      try {
        for await (const { rows } of file.rows(name, batchImages)) {
          // An array in Fortran order comes as one block.
          yield* memoryImages(path, rows.data as Uint8Array, height, width).batches(batchImages);
        }
      } finally {
        file.close();
      }
    },
  };
}

async function imageArray(path: string): Promise<{ name: string; shape: readonly number[] }> {
  const file = new NpzFile(path);
  try {
    const name = file.has('arr_0') || file.names.length !== 1 ? 'arr_0' : file.names[0]!;
    if (!file.has(name)) file.read(name);
    const { dtype, shape } = await file.header(name);
    if (dtype !== 'uint8' || shape.length !== 4 || shape[3] !== 3 || shape.some((size) => size === 0)) {
      throw new DataError({
        where: `${path}, array "${name}"`,
        got: described(`${dtype}[${shape.join(', ')}]`),
        expected: 'uint8[N, height, width, 3]',
        remedy: 'Save the images as uint8 RGB, channels last',
      });
    }
    return { name, shape };
  } finally {
    file.close();
  }
}

async function imageFolder(path: string): Promise<ScoredImages> {
  const expected = 'a folder of PNG or JPEG images';
  const { files, leftOut } = walkFolder(path, { expected, isWanted: isImageName, tellOthers: true });
  // The order of EDM: by the whole path below the folder.
  const images = [...files].sort((a, b) => (a.name < b.name ? -1 : 1));
  const [first] = images;
  if (first === undefined) {
    throw new DataError({
      where: path,
      got: described(`no image${leftOut === null ? '' : ` (${leftOut})`}`),
      expected,
      remedy: 'Check the path, or give an .npz of uint8 images',
    });
  }
  const names = images.map(({ name }) => name);
  requireReadableImages(path, names);
  const { height, width } = await readImage(first.path);
  return {
    name: path,
    count: images.length,
    height,
    width,
    remarks: [...jpegRemark(path, names), ...(leftOut === null ? [] : [`${path}: ${leftOut}`])],
    async *batches(batchImages) {
      const imageBytes = height * width * 3;
      for (let at = 0; at < images.length; at += batchImages) {
        const batch = images.slice(at, at + batchImages);
        const pixels = new Uint8Array(batch.length * imageBytes);
        let i = 0;
        for await (const { file, image } of decoded(batch)) {
          if (image.height !== height || image.width !== width) {
            throw new DataError({
              where: file.path,
              got: described(`${image.width} x ${image.height} pixels`),
              expected: `${width} x ${height}, as ${first.name}`,
              remedy: 'Score images of one size at a time',
            });
          }
          pixels.set(image.data, i++ * imageBytes);
        }
        yield pixels;
      }
    },
  };
}

/** Images that are decoded beside each other: the library has threads, and most of a small image's time is its way to them. */
const decodedAtOnce = 8;

/** In the given order: the first file that cannot be read is the one that is told. */
async function* decoded<F extends { readonly path: string }>(files: readonly F[]) {
  for (let at = 0; at < files.length; at += decodedAtOnce) {
    const some = files.slice(at, at + decodedAtOnce);
    const images = await Promise.allSettled(some.map(({ path }) => readImage(path)));
    for (const [i, image] of images.entries()) {
      if (image.status === 'rejected') throw image.reason;
      yield { file: some[i]!, image: image.value };
    }
  }
}

/** The losses of JPEG move every metric; other tools count such images, so they are counted here. */
function jpegRemark(path: string, names: readonly string[]): string[] {
  const count = names.filter(isJpegName).length;
  if (count === 0) return [];
  return [`${path}: ${names.length} images, ${count} of them JPEG: their compression is part of what is measured`];
}

/** Of whatever kind the first bytes say. */
async function readImage(path: string): Promise<RgbImage> {
  const bytes = readInput(path, 'a PNG or JPEG image');
  if (signatureOf(bytes) === 'a PNG image') return decodePng(path, bytes, { alpha: 'refuse' });
  return decodeImage(path, bytes);
}

function requireSomething(path: string): void {
  if (exists(path)) return;
  throw new DataError({
    where: path,
    got: described('no file of that name'),
    expected: 'an .npz of uint8 images or a folder of PNG or JPEG',
    remedy: 'Check the path',
  });
}
