/** @file Images to be scored: arrays and folders read in batches, and everything that is not such images. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeNpz } from '../../../harness/formats/npz.ts';
import { decodeImage } from '../../../harness/formats/raster.ts';
import { memoryImages, openImages, type ScoredImages } from '../../../harness/metrics/features/images.ts';
import { gridPng } from '../../../harness/sample/grid.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'images-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const pixels = Uint8Array.from({ length: 5 * 2 * 4 * 3 }, (_, i) => (i * 37) % 256);

async function read(source: ScoredImages, batchImages: number): Promise<number[][]> {
  const batches: number[][] = [];
  for await (const batch of source.batches(batchImages)) batches.push([...batch]);
  return batches;
}

function image(i: number): Uint8Array {
  return pixels.slice(i * 24, (i + 1) * 24);
}

describe('openImages', () => {
  it('reads an .npz in batches, as often as asked', async () => {
    const path = join(folder, 'samples.npz');
    writeNpz(path, [['arr_0', { dtype: 'uint8', shape: [5, 2, 4, 3], data: pixels }]]);
    const source = await openImages(path);
    expect(source).toMatchObject({ name: path, count: 5, height: 2, width: 4 });
    const batches = await read(source, 2);
    expect(batches.map((batch) => batch.length / 24)).toEqual([2, 2, 1]);
    expect(batches.flat()).toEqual([...pixels]);
    expect((await read(source, 100)).flat()).toEqual([...pixels]);
  });

  it('takes the only array of an .npz, whatever its name', async () => {
    const path = join(folder, 'samples.npz');
    writeNpz(path, [['images', { dtype: 'uint8', shape: [5, 2, 4, 3], data: pixels }]]);
    expect((await openImages(path)).count).toBe(5);
  });

  it('reads a folder of PNG and its folders in the order of their names', async () => {
    mkdirSync(join(folder, '00001'));
    for (const [i, name] of ['00002.png', '00001/b.png', '00001/a.png'].entries()) {
      writeFileSync(join(folder, name), gridPng(image(i), { count: 1, width: 4, height: 2, columns: 1 }));
    }
    writeFileSync(join(folder, 'notes.txt'), 'not an image');
    const source = await openImages(folder);
    expect(source).toMatchObject({ count: 3, height: 2, width: 4 });
    expect(await read(source, 2)).toEqual([[...image(2), ...image(1)], [...image(0)]]);
  });

  it('refuses an image of another size, naming it', async () => {
    writeFileSync(join(folder, 'a.png'), gridPng(image(0), { count: 1, width: 4, height: 2, columns: 1 }));
    writeFileSync(join(folder, 'b.png'), gridPng(image(1), { count: 1, width: 2, height: 4, columns: 1 }));
    const source = await openImages(folder);
    await expect(read(source, 2)).rejects.toThrow(
      `${join(folder, 'b.png')}: got 2 x 4 pixels, expected 4 x 2, as a.png. Score images of one size at a time.`,
    );
  });

  it('refuses arrays that are no uint8 RGB images', async () => {
    const path = join(folder, 'floats.npz');
    writeNpz(path, [['arr_0', { dtype: 'float32', shape: [1, 2, 2, 3], data: new Float32Array(12) }]]);
    await expect(openImages(path)).rejects.toThrow(
      `${path}, array "arr_0": got float32[1, 2, 2, 3], expected uint8[N, height, width, 3]. Save the images as uint8 RGB, channels last.`,
    );
    writeNpz(path, [['arr_0', { dtype: 'uint8', shape: [1, 3, 2, 2], data: new Uint8Array(12) }]]);
    await expect(openImages(path)).rejects.toThrow(/got uint8\[1, 3, 2, 2\]/);
    writeNpz(path, [
      ['mu', { dtype: 'float64', shape: [1], data: new Float64Array(1) }],
      ['sigma', { dtype: 'float64', shape: [1, 1], data: new Float64Array(1) }],
    ]);
    await expect(openImages(path)).rejects.toThrow(/got no array "arr_0" among mu, sigma/);
  });

  it('refuses a path without images and a path that is not there', async () => {
    await expect(openImages(folder)).rejects.toThrow(
      `${folder}: got no image, expected a folder of PNG or JPEG images. Check the path, or give an .npz of uint8 images.`,
    );
    await expect(openImages(join(folder, 'none'))).rejects.toThrow(
      `${join(folder, 'none')}: got no file of that name, expected an .npz of uint8 images or a folder of PNG or JPEG. Check the path.`,
    );
  });
});

describe('folders as people have them', () => {
  const cases = join(import.meta.dirname, '../../fixtures/cases');
  const opened = async (path: string) => {
    const { count, remarks } = await openImages(path);
    return { count, remarks };
  };

  beforeEach(() => cpSync(join(cases, 'symlink-loop'), folder, { recursive: true }));

  it('a link to the folder itself adds no image', async () => {
    symlinkSync('.', join(folder, 'loop'));
    expect(await opened(folder)).toEqual({
      count: 6,
      remarks: [`${folder}: left out 1 link to a folder above it`],
    });
  });

  it('a link that leads nowhere is left out, and that is said', async () => {
    symlinkSync('gone.png', join(folder, 'z.png'));
    expect(await opened(folder)).toEqual({ count: 6, remarks: [`${folder}: left out 1 dangling link`] });
  });

  it('a pipe is not waited for', async () => {
    execFileSync('mkfifo', [join(folder, 'a.png')]);
    expect(await opened(folder)).toEqual({ count: 6, remarks: [`${folder}: left out 1 pipe`] });
    for (let i = 0; i < 6; i++) rmSync(join(folder, `${i}.png`));
    await expect(openImages(folder)).rejects.toThrow(
      `${folder}: got no image (left out 1 pipe), expected a folder of PNG or JPEG images.`,
    );
  });

  it('an image whose name is not UTF-8 is refused in one line', async () => {
    renameSync(join(folder, '3.png'), Buffer.from(`${folder}/\u00e9t\u00e9.png`, 'latin1'));
    await expect(openImages(folder)).rejects.toThrow(
      `${folder}: got a name that is not UTF-8, "\\xe9t\\xe9.png", expected names in UTF-8.`,
    );
  });

  it('a folder named as an image is a folder', async () => {
    expect(await opened(join(cases, 'folder-named-png'))).toEqual({ count: 6, remarks: [] });
  });

  it('copies in hidden folders do not count', async () => {
    const path = join(cases, 'jupyter-leftovers');
    expect(await opened(path)).toEqual({ count: 6, remarks: [`${path}: left out 1 hidden name`] });
  });

  it('of several damaged images the first is named, whichever was looked at first', async () => {
    const whole = readFileSync(join(folder, '2.png'));
    // A wrong checksum in the middle takes longer to find than a missing end.
    writeFileSync(join(folder, '2.png'), Buffer.concat([whole.subarray(0, -20), Buffer.alloc(20)]));
    writeFileSync(join(folder, '4.png'), whole.subarray(0, 40));
    await expect(read(await openImages(folder), 6)).rejects.toThrow(join(folder, '2.png'));
  });

  it('JPEG beside PNG counts, in the order of the names, and is told of', async () => {
    const path = join(cases, 'jpeg-beside-png');
    expect(await opened(path)).toEqual({
      count: 12,
      remarks: [`${path}: 12 images, 6 of them JPEG: their compression is part of what is measured`],
    });
    const images = await read(await openImages(path), 1);
    const jpeg = await decodeImage('10.jpg', readFileSync(join(path, '10.jpg')));
    // 0.png, 1.png, 10.jpg ...
    expect(images[2]).toEqual([...jpeg.data]);
  });

  it('images of a kind that is not read are refused, not passed over', async () => {
    writeFileSync(join(folder, '6.webp'), '');
    await expect(openImages(folder)).rejects.toThrow(
      `${folder}: got 1 of 7 images as .webp, such as 6.webp, expected PNG or JPEG images. Save them as PNG, or move them away.`,
    );
  });

  it('other files are told of', async () => {
    writeFileSync(join(folder, 'dataset.json'), '{}');
    expect((await opened(folder)).remarks).toEqual([`${folder}: left out 1 other file (.json)`]);
  });
});

describe('memoryImages', () => {
  it('gives batches of what is in memory', async () => {
    const source = memoryImages('memory', pixels, 2, 4);
    expect(source.count).toBe(5);
    expect((await read(source, 3)).map((batch) => batch.length / 24)).toEqual([3, 2]);
  });
});
