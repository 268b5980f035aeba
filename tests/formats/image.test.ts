/** @file PNG and JPEG decoding: Pillow's bytes for every encoding, and a clear refusal for what has no certain colour. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { sha256 } from '../../harness/core/hash.ts';
import { decodeJpeg } from '../../harness/formats/jpeg.ts';
import { decodePng } from '../../harness/formats/png.ts';
import { decodeImage } from '../../harness/formats/raster.ts';
import { gridPng } from '../../harness/sample/grid.ts';

const golden = join(import.meta.dirname, '../golden/images');
const bytesOf = (name: string): Buffer => readFileSync(join(golden, name));

// Origin: numpy.array(Image.open(file).convert('RGB')) with Pillow 11.3.0 and 13.0.0.
const picture = '63e5b2cb8fc81a61c01068560498ee4fe16724dada3cfdbef7966636b3c82e1d';
const decoded: Readonly<Record<string, string>> = {
  'baseline-420.jpg': picture,
  'rotated.jpg': picture,
  'profile.jpg': picture,
  'stray-bytes.jpg': picture,
  'progressive.jpg': 'd2f36bc5c9d8fd75e94ddf192c23f11830b750463f1267b8ce5c4ce8880c4b69',
  'grey.jpg': '149798fd1d7fbdc10166d0f35314621271aec120adf18d74c5672f2039ee600d',
  'cmyk.jpg': '2beaf9490eddd4562941862c4f155f832d4d94ea7238d339d5a3159da13728e7',
  'cmyk-without-adobe.jpg': '2beaf9490eddd4562941862c4f155f832d4d94ea7238d339d5a3159da13728e7',
  'rgba.png': '404882cfa443acf6be2ac956d5f240f73a0665db8708663a53bbcd5973c6197d',
  'la.png': '8daf2edb595f1837663d03f281dfd41b564e4cc0dc0c0927f9dac8e825e6fa34',
  'transparent-colour.png': '404882cfa443acf6be2ac956d5f240f73a0665db8708663a53bbcd5973c6197d',
  'one-bit.png': '7297050db8bd2e02cb8018a6143bc0c85ef33afd577b35c31c475439ec4f2fd9',
  'palette-2-bit.png': 'b558a9d7ee57a6320b8a92b62fb829affc9aec2dd546764f526d6ff066dd8f50',
  'palette-alpha.png': 'c03d587e33d8777e7bbec7e8dfca0a03f7e10b7c474ea22aafecc3a687d600d6',
};

test.each(Object.entries(decoded))('%s is decoded to the bytes of Pillow', async (name, digest) => {
  const image = await decodeImage(name, bytesOf(name));
  expect([image.width, image.height]).toEqual([37, 29]);
  expect(sha256(image.data)).toBe(digest);
});

test('CMYK is known by its frame header, whatever lies before it', async () => {
  const plain = bytesOf('cmyk.jpg');
  const [frame, fill] = [plain.indexOf(Buffer.of(0xff, 0xc0)), Buffer.of(0xff, 0xff)];
  // A comment that holds the frame header of an RGB image, then fill bytes.
  const other = Buffer.of(0xff, 0xfe, 0, 12, 0xff, 0xc0, 0, 17, 8, 0, 29, 0, 37, 3);
  const wrapped = Buffer.concat([plain.subarray(0, frame), other, fill, plain.subarray(frame)]);
  expect(sha256((await decodeImage('x.jpg', wrapped)).data)).toBe(decoded['cmyk.jpg']);
});

describe('PNG', () => {
  test('what was written is read back', async () => {
    const data = Uint8Array.from({ length: 5 * 4 * 3 }, (_, i) => i * 4);
    expect(
      await decodePng('x.png', gridPng(data, { count: 1, width: 5, height: 4, columns: 1 }), { alpha: 'refuse' }),
    ).toEqual({
      width: 5,
      height: 4,
      data,
    });
  });

  test('transparency is refused where a colour must be certain', async () => {
    await expect(decodePng('la.png', bytesOf('la.png'), { alpha: 'refuse' })).rejects.toThrow(
      /^la\.png: got \d+ pixels that are not opaque, expected opaque pixels\. Save the image without transparency\.$/,
    );
    await expect(decodePng('t.png', bytesOf('transparent-colour.png'), { alpha: 'refuse' })).rejects.toThrow(
      'that are not opaque',
    );
  });

  test('a size beyond all memory is refused before it is allocated', async () => {
    const huge = Buffer.from(bytesOf('rgba.png'));
    huge.writeUInt32BE(2 ** 31 - 1, 16);
    huge.writeUInt32BE(crc32(huge.subarray(12, 29)), 29);
    await expect(decodePng('huge.png', huge, { alpha: 'drop' })).rejects.toThrow(
      'huge.png: got 2147483647 x 29 pixels, expected at most 268435456 pixels. Write or fetch the file again.',
    );
  });

  test('a flipped bit and a missing end are told apart', async () => {
    const flipped = Buffer.from(bytesOf('rgba.png'));
    flipped[1000]! ^= 1;
    await expect(decodePng('x.png', flipped, { alpha: 'drop' })).rejects.toThrow(
      'x.png: got a damaged PNG image (chunk "IDAT" has a wrong checksum), expected a whole one. Write or fetch the file again.',
    );
    await expect(decodePng('x.png', bytesOf('rgba.png').subarray(0, 1000), { alpha: 'drop' })).rejects.toThrow(
      'x.png: got a PNG image that is cut short, expected a whole one. Write or fetch the file again.',
    );
  });
});

describe('PNG as other writers make it', () => {
  const [width, height] = [8, 8];
  const chunk = (type: string, data: Uint8Array): Buffer => {
    const named = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(named));
    return Buffer.concat([length, named, sum]);
  };
  const png = (bits: number, colour: number, chunks: readonly Buffer[], packed: Uint8Array): Buffer => {
    const header = Buffer.from([0, 0, 0, width, 0, 0, 0, height, bits, colour, 0, 0, 0]);
    const parts = [chunk('IHDR', header), ...chunks, chunk('IDAT', packed), chunk('IEND', new Uint8Array(0))];
    return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), ...parts]);
  };
  const numbers = Buffer.from(Array.from({ length: height * width * 3 }, (_, i) => (i * 37) % 256));
  const lines = Buffer.concat(
    Array.from({ length: height }, (_, y) => Buffer.concat([Buffer.of(0), numbers.subarray(24 * y, 24 * y + 24)])),
  );

  test('keeps its numbers whatever it says of gamma, and under its transparent colour', async () => {
    const gamma = chunk('gAMA', Buffer.of(0, 0, 0x80, 0));
    const key = chunk('tRNS', Buffer.of(0, numbers[0]!, 0, numbers[1]!, 0, numbers[2]!));
    for (const extra of [[], [gamma], [key]]) {
      const { data } = await decodePng('x.png', png(8, 2, extra, deflateSync(lines)), { alpha: 'drop' });
      expect(Buffer.compare(data, numbers)).toBe(0);
    }
  });

  test('grey of 1, 2 and 4 bits is spread over all 256 levels', async () => {
    for (const bits of [1, 2, 4]) {
      const rows = Buffer.concat(
        Array.from({ length: height }, () => Buffer.alloc(1 + bits, 0b11100100).fill(0, 0, 1)),
      );
      const { data } = await decodePng('x.png', png(bits, 0, [], deflateSync(rows)), { alpha: 'refuse' });
      const shown = [...data].filter((_, i) => i % 3 === 0).slice(0, 8 / bits);
      const most = 2 ** bits - 1;
      const stored = Array.from({ length: 8 / bits }, (_, i) => (0b11100100 >> (8 - bits * (i + 1))) & most);
      expect(shown).toEqual(stored.map((level) => (level * 255) / most));
    }
  });

  test('interlaced images have the pixels of those in order', async () => {
    const raw = { raw: { width, height, channels: 3 } } as const;
    const made = await sharp(numbers, raw).png({ progressive: true }).toBuffer();
    expect(made[28]).toBe(1);
    expect(Buffer.compare((await decodePng('x.png', made, { alpha: 'refuse' })).data, numbers)).toBe(0);
  });

  // Their chunks are whole: only the stream inside tells.
  test.each<[string, (packed: Buffer) => Buffer]>([
    [
      'a stream that is damaged',
      (packed) => {
        packed[20]! ^= 0xff;
        return packed;
      },
    ],
    [
      'a stream whose checksum is wrong',
      (packed) => {
        packed[packed.length - 1]! ^= 1;
        return packed;
      },
    ],
    ['half a stream', (packed) => packed.subarray(0, 60)],
  ])('%s is refused', async (_, damage) => {
    await expect(decodePng('x.png', png(8, 2, [], damage(deflateSync(lines))), { alpha: 'drop' })).rejects.toThrow(
      /^x\.png: got a damaged PNG image \(.+\), expected a whole one\. Write or fetch the file again\.$/,
    );
  });
});

describe('JPEG', () => {
  test('an image that is cut short is refused', async () => {
    const whole = bytesOf('baseline-420.jpg');
    await expect(decodeJpeg('x.jpg', whole.subarray(0, 900))).rejects.toThrow(
      /^x\.jpg: got a JPEG image that cannot be decoded \(.+\), expected a whole one\. Fetch the file again\.$/,
    );
  });

  test('another kind of file is named', async () => {
    await expect(decodeJpeg('x.jpg', bytesOf('rgba.png'))).rejects.toThrow(
      'x.jpg: got a PNG image, expected a JPEG image. Fetch the file again.',
    );
    await expect(decodeImage('x.jpg', Buffer.from('<html>'))).rejects.toThrow(
      'x.jpg: got a web page, expected a JPEG or PNG image. Fetch the file again.',
    );
  });
});
