/** @file Resizing: Pillow's bytes for every filter, enlarging and shrinking, and closed forms. */
import { describe, expect, test } from 'vitest';
import { sha256 } from '../../harness/core/hash.ts';
import { HostRandom } from '../../harness/core/random.ts';
import { preprocess } from '../../harness/data/preprocess.ts';
import type { Filter } from '../../harness/data/resample/coefficients.ts';
import { resize, type PassOrder } from '../../harness/data/resample/resample.ts';
import type { RgbImage } from '../../harness/formats/image.ts';

/** Levels that look random: the high byte of (7x + 13y + 29c) 2654435761 mod 2^32. */
function noise(width: number, height: number): RgbImage {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < 3; c++) data[i++] = Math.imul(7 * x + 13 * y + 29 * c, 2654435761) >>> 24;
  return { width, height, data };
}

// Origin: first 16 digits of sha256(numpy.array(image.resize((W, H), filter))) with Pillow 13.0.0; Pillow 11.3.0 gives the same except
// where rows lost are more than twice the columns lost: the third size, in `horizontalFirst`, and 41 x 66, one row beyond 41 x 65.
const filters: readonly Filter[] = ['box', 'bicubic', 'lanczos'];
const pillow13: readonly (readonly [w: number, h: number, W: number, H: number, wanted: string[]])[] = [
  [61, 47, 30, 23, ['9f06539d92584884', '47e0152ec87e1d62', '9a980613399e9650']],
  [61, 47, 64, 49, ['4d8e5dbb7b0cf6f2', 'aa3ffccd6355f4a0', 'f1dece15a72465b8']],
  [47, 130, 32, 89, ['8e5dded798048a02', '6e77466bf04fcc99', '954efb346656a7e9']],
  [130, 47, 89, 32, ['d51fdee12b38d859', '04e8b501ac96963c', '5210f6cdfb7c703c']],
  [20, 21, 64, 64, ['841b2649c242a48f', '4e527266910788de', '09256b26e5713180']],
  [41, 65, 32, 47, ['315e458882d64129', '4b553296fd5dd506', 'dae804d61ba38273']],
  [41, 66, 32, 47, ['f3452ed88e7803c6', '618bbeb22a43622c', 'c15f1d7faec05429']],
  [33, 33, 33, 12, ['9dcc85ec4b296728', '55b1aec0d885cc0a', 'f196e214fdc8d86b']],
];
const horizontalFirst = ['8e5dded798048a02', '81dbebcee266d0a6', '2e41bd5ce8b95132'];

const digests = (w: number, h: number, W: number, H: number, order: PassOrder): Promise<string[]> =>
  Promise.all(
    filters.map(async (filter) => sha256((await resize(noise(w, h), W, H, filter, order)).data).slice(0, 16)),
  );

describe('the bytes of Pillow', () => {
  test.each(pillow13)('%i x %i to %i x %i as Pillow 13.0.0', async (w, h, W, H, wanted) => {
    expect(await digests(w, h, W, H, 'by-shrinkage')).toEqual(wanted);
  });

  test('a tall image as Pillow 11.3.0, horizontal pass first', async () => {
    expect(await digests(47, 130, 32, 89, 'horizontal-first')).toEqual(horizontalFirst);
  });
});

describe('closed forms', () => {
  const flat = (level: number): RgbImage => ({ width: 40, height: 30, data: new Uint8Array(3600).fill(level) });

  test.each(filters)('%s keeps a flat image flat', async (filter) => {
    for (const level of [0, 1, 127, 255]) {
      for (const [width, height] of [
        [13, 7],
        [80, 90],
      ] as const)
        // prettier-ignore
        expect(new Set((await resize(flat(level), width, height, filter)).data)).toEqual(new Set([level]));
    }
  });

  test('halving with a box is the rounded mean of four, after two roundings', async () => {
    const image = { width: 2, height: 2, data: Uint8Array.of(0, 0, 0, 1, 1, 1, 2, 2, 2, 7, 7, 7) };
    // (0 + 1) / 2 -> 1, (2 + 7) / 2 -> 5, (1 + 5) / 2 -> 3: halves are rounded up.
    expect([...(await resize(image, 1, 1, 'box')).data]).toEqual([3, 3, 3]);
  });

  test('the same size gives the same image', async () => {
    expect((await resize(noise(9, 8), 9, 8, 'lanczos')).data).toEqual(noise(9, 8).data);
  });

  test('levels beyond the range are clipped at a sharp edge', async () => {
    const data = Uint8Array.from({ length: 30 }, (_, i) => (i < 15 ? 0 : 255));
    const { data: wide } = await resize({ width: 10, height: 1, data }, 40, 1, 'lanczos');
    expect(Math.min(...wide)).toBe(0);
    expect(Math.max(...wide)).toBe(255);
  });
});

/** The formula pixel by pixel over whole images, in float64 where it is exact: no window, no special case for halves. */
function plainPass(image: RgbImage, target: number, filter: Filter, horizontal: boolean): RgbImage {
  const source = horizontal ? image.width : image.height;
  if (source === target) return image;
  const [width, height] = horizontal ? [target, image.height] : [image.width, target];
  const kernel: Record<Filter, [support: number, at: (x: number) => number]> = {
    box: [0.5, (x) => (x > -0.5 && x <= 0.5 ? 1 : 0)],
    bicubic: [
      2,
      (x) => {
        const d = Math.abs(x);
        if (d < 1) return (1.5 * d - 2.5) * d * d + 1;
        return d < 2 ? (((d - 5) * d + 8) * d - 4) * -0.5 : 0;
      },
    ],
    lanczos: [
      3,
      (x) => {
        const sinc = (v: number): number => (v === 0 ? 1 : Math.sin(v * Math.PI) / (v * Math.PI));
        return x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0;
      },
    ],
  };
  const [support, at] = kernel[filter];
  const scale = source / target;
  const reach = support * Math.max(scale, 1);
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < target; i++) {
    const centre = (i + 0.5) * scale;
    const from = Math.max(0, Math.trunc(centre - reach + 0.5));
    const to = Math.min(source, Math.trunc(centre + reach + 0.5));
    const values: number[] = [];
    for (let k = from; k < to; k++) values.push(at((k - centre + 0.5) * (1 / Math.max(scale, 1))));
    const sum = values.reduce((total, value) => total + value, 0);
    const weights = values.map((value) => {
      const scaled = (value / sum) * 2 ** 22;
      return Math.trunc(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
    });
    for (let other = 0; other < (horizontal ? height : width); other++) {
      for (let c = 0; c < 3; c++) {
        let total = 2 ** 21;
        for (const [k, weight] of weights.entries()) {
          const [x, y] = horizontal ? [from + k, other] : [other, from + k];
          total += weight * image.data[(y * image.width + x) * 3 + c]!;
        }
        const [x, y] = horizontal ? [i, other] : [other, i];
        data[(y * width + x) * 3 + c] = Math.min(255, Math.max(0, Math.floor(total / 2 ** 22)));
      }
    }
  }
  return { width, height, data };
}

function plainResize(image: RgbImage, width: number, height: number, filter: Filter, order: PassOrder): RgbImage {
  const lost = image.height - height;
  return order === 'by-shrinkage' && lost > 0 && lost > 2 * (image.width - width)
    ? plainPass(plainPass(image, height, filter, false), width, filter, true)
    : plainPass(plainPass(image, width, filter, true), height, filter, false);
}

function plainSquare(image: RgbImage, size: number, order: PassOrder): Uint8Array {
  let current = image;
  const short = (): number => Math.min(current.width, current.height);
  while (short() >= 2 * size) {
    current = plainResize(current, current.width >> 1, current.height >> 1, 'box', order);
  }
  const scale = size / short();
  const rounded = (value: number): number => (value % 1 === 0.5 ? 2 * Math.round(value / 2) : Math.round(value));
  current = plainResize(current, rounded(current.width * scale), rounded(current.height * scale), 'bicubic', order);
  const [left, top] = [(current.width - size) >> 1, (current.height - size) >> 1];
  const rows = Array.from({ length: size }, (_, y) => {
    const from = ((top + y) * current.width + left) * 3;
    return current.data.subarray(from, from + size * 3);
  });
  return Buffer.concat(rows);
}

describe('the formula pixel by pixel', () => {
  const orders: readonly PassOrder[] = ['horizontal-first', 'by-shrinkage'];
  const random = new HostRandom(0, 'bootstrap', 0);
  const sizes = Array.from({ length: 40 }, () => [2 + random.below(150), 2 + random.below(150)] as const);

  test('halving, with every pair of even and odd sides', async () => {
    for (const [w, h] of [...sizes, [2, 2], [3, 3], [3, 2], [2, 3], [5, 120]] as const)
      for (const order of orders) {
        const image = noise(w, h);
        const wanted = plainResize(image, w >> 1, h >> 1, 'box', order);
        expect(await resize(image, w >> 1, h >> 1, 'box', order), `${w} x ${h}, ${order}`).toEqual(wanted);
      }
  });

  test('any size from any other', async () => {
    for (const [i, [w, h]] of sizes.entries()) {
      const [filter, order] = [filters[i % 3]!, orders[i % 2]!];
      const [W, H] = [1 + random.below(100), 1 + random.below(100)];
      const image = noise(w, h);
      const wanted = plainResize(image, W, H, filter, order);
      expect(await resize(image, W, H, filter, order), `${w} x ${h} to ${W} x ${H}, ${filter}, ${order}`).toEqual(
        wanted,
      );
    }
  });

  test('squares of which only what the cut needs is computed', async () => {
    for (const [i, [w, h]] of sizes.entries()) {
      const size = Math.min(w, h, 3 + random.below(30));
      const [image, order] = [noise(w, h), orders[i % 2]!];
      const wanted = plainSquare(image, size, order);
      expect(
        Buffer.compare(await preprocess(image, size, 'adm', order), wanted),
        `${w} x ${h} to ${size}, ${order}`,
      ).toBe(0);
    }
  });

  test('of more sizes than are kept', async () => {
    const image = noise(9, 7);
    const first = (await resize(image, 5, 3, 'bicubic')).data;
    for (let width = 10; width < 300; width++) await resize(image, width, 7, 'bicubic');
    expect((await resize(image, 5, 3, 'bicubic')).data).toEqual(first);
  });
});

describe('squares', () => {
  test('a size that is halved exactly is cut in the middle', async () => {
    // 128x132: halved once to 64x66, then rows 1 to 64.
    const image = noise(128, 132);
    const halved = await resize(image, 64, 66, 'box');
    expect(await preprocess(image, 64, 'adm')).toEqual(halved.data.slice(64 * 3, 65 * 64 * 3));
  });

  test('a side of half a pixel is rounded to the even one, as Python does', async () => {
    // 70 * 48 / 64 = 52.5. Origin: center_crop_arr of openai/guided-diffusion 22e0df8 with Pillow 11.3.0.
    expect(sha256(await preprocess(noise(70, 64), 48, 'adm')).slice(0, 16)).toBe('8b3ab741e20f7593');
  });

  test('both preprocessings leave a square of the right size alone', async () => {
    const image = noise(64, 64);
    expect(await preprocess(image, 64, 'adm')).toEqual(image.data);
    expect(await preprocess(image, 64, 'edm')).toEqual(image.data);
  });
});
