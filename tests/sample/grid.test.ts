/** @file The contact sheet as an independent decoder reads it. */
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../harness/core/hash.ts';
import { gridPng } from '../../harness/sample/grid.ts';

/** Three images of 2 x 2 pixels: red, green, blue with one white pixel at the lower right. */
const pixels = Uint8Array.from(
  [
    [255, 0, 0],
    [0, 255, 0],
    [0, 0, 255],
  ].flatMap((colour) => [...colour, ...colour, ...colour, 255, 255, 255]),
);

interface Decoded {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

async function decoded(png: Uint8Array): Promise<Decoded> {
  const { data, info } = await sharp(png).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

describe('gridPng', () => {
  it('places images row by row', async () => {
    const image = await decoded(gridPng(pixels.subarray(0, 24), { count: 2, height: 2, width: 2, columns: 1 }));
    expect([image.width, image.height]).toEqual([2, 4]);
    expect(at(image, 0, 0)).toEqual([255, 0, 0, 255]);
    expect(at(image, 1, 1)).toEqual([255, 255, 255, 255]);
    expect(at(image, 0, 2)).toEqual([0, 255, 0, 255]);
  });

  it('leaves the gap and unused places transparent', async () => {
    const image = await decoded(gridPng(pixels, { count: 3, height: 2, width: 2, columns: 2, gap: 1 }));
    expect([image.width, image.height]).toEqual([5, 5]);
    expect(at(image, 2, 0)).toEqual([0, 0, 0, 0]);
    expect(at(image, 3, 0)).toEqual([0, 255, 0, 255]);
    expect(at(image, 0, 3)).toEqual([0, 0, 255, 255]);
    expect(at(image, 4, 4)).toEqual([0, 0, 0, 0]);
  });

  it('gives the same bytes on every machine', () => {
    const png = gridPng(pixels, { count: 3, height: 2, width: 2, columns: 2, gap: 1 });
    expect(sha256(png)).toBe('814294effdd0a68027758721db7d4ee116b42069a94ff11224c9eb5ce98c47c2');
  });

  it('refuses pixels of another shape', () => {
    expect(() => gridPng(pixels, { count: 4, height: 2, width: 2, columns: 2 })).toThrow(
      'sample grid: got 36 bytes, expected 4 x 2 x 2 x 3 bytes in at least one column. Pass uint8 images as [count, height, width, 3].',
    );
  });
});

function at(image: Decoded, x: number, y: number): number[] {
  const from = (y * image.width + x) * 4;
  return [...image.data.subarray(from, from + 4)];
}
