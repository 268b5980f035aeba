/** @file Images to be scored: an `.npz` of uint8 images or a folder of PNG, read in batches, all of one size. */
import { join } from 'node:path';
import { DataError, described } from '../../core/errors.ts';
import { NpzFile } from '../../formats/npz.ts';
import { decodePng } from '../../formats/png.ts';
import { exists, isFolder, namesBelow } from '../../system/files.ts';
import { readInput } from '../../system/input-file.ts';

/** uint8 RGB images of one size in a fixed order. */
export interface ScoredImages {
  readonly name: string;
  readonly count: number;
  readonly height: number;
  readonly width: number;
  /** uint8[n, height, width, 3] with n = `batchImages` but for the last one; each call starts from the first image. */
  batches(batchImages: number): AsyncIterable<Uint8Array>;
}

/**
 * Opens what a path names: a folder of `.png` files in the order of their names, or an `.npz` whose `arr_0` (else its only array) is
 * uint8[N, h, w, 3].
 * Source: openai/guided-diffusion `evaluations/evaluator.py` for the array; EDM `fid.py` for the order of a folder.
 * @throws DataError when there is nothing to read, or an image is of another size or type than the rest
 */
export async function openImages(path: string): Promise<ScoredImages> {
  requireSomething(path);
  return isFolder(path) ? pngFolder(path) : npzImages(path);
}

/** Images that are in memory. @param pixels uint8[count, height, width, 3] */
export function memoryImages(name: string, pixels: Uint8Array, height: number, width: number): ScoredImages {
  const imageBytes = height * width * 3;
  return {
    name,
    count: pixels.length / imageBytes,
    height,
    width,
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

function pngFolder(path: string): ScoredImages {
  const names = namesBelow(path).filter((name) => name.toLowerCase().endsWith('.png'));
  const first = names[0];
  if (first === undefined) {
    throw new DataError({
      where: path,
      got: described('no .png file'),
      expected: 'a folder of PNG images',
      remedy: 'Check the path, or give an .npz of uint8 images',
    });
  }
  const { height, width } = readPng(join(path, first));
  return {
    name: path,
    count: names.length,
    height,
    width,
    // eslint-disable-next-line @typescript-eslint/require-await -- the other sources have something to wait for
    async *batches(batchImages) {
      const imageBytes = height * width * 3;
      for (let at = 0; at < names.length; at += batchImages) {
        const batch = names.slice(at, at + batchImages);
        const pixels = new Uint8Array(batch.length * imageBytes);
        batch.forEach((name, i) => {
          const image = readPng(join(path, name));
          if (image.height !== height || image.width !== width) {
            throw new DataError({
              where: join(path, name),
              got: described(`${image.width} x ${image.height} pixels`),
              expected: `${width} x ${height}, as ${first}`,
              remedy: 'Score images of one size at a time',
            });
          }
          pixels.set(image.data, i * imageBytes);
        });
        yield pixels;
      }
    },
  };
}

function readPng(path: string) {
  return decodePng(path, readInput(path, 'a PNG image'), { alpha: 'refuse' });
}

function requireSomething(path: string): void {
  if (exists(path)) return;
  throw new DataError({
    where: path,
    got: described('no file of that name'),
    expected: 'an .npz of uint8 images or a folder of PNG',
    remedy: 'Check the path',
  });
}
