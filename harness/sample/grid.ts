/** @file Lays out many small images in one PNG, with the same bytes on every machine. */
import { crc32 } from 'node:zlib';
import { zlibSync } from 'fflate';
import { DataError, described } from '../core/errors.ts';

export interface GridOptions {
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly columns: number;
  /** Transparent pixels between neighbours. */
  readonly gap?: number;
}

/**
 * Lays images out row by row and encodes them as PNG.
 *
 * The deflate is `fflate`'s, which is plain JavaScript: results name grids by their sha256, and the bytes of zlib and libpng follow the
 * version and the processor.
 * @param pixels uint8[count, height, width, 3], row-major (NHWC), RGB
 * @returns the bytes of a PNG of 8-bit RGB, or RGBA when there is a gap
 * @throws DataError when the pixels do not have this shape
 */
export function gridPng(pixels: Uint8Array, { count, height, width, columns, gap = 0 }: GridOptions): Uint8Array {
  if (pixels.length !== count * height * width * 3 || count < 1 || columns < 1) {
    throw new DataError({
      where: 'sample grid',
      got: described(`${pixels.length} bytes`),
      expected: `${count} x ${height} x ${width} x 3 bytes in at least one column`,
      remedy: 'Pass uint8 images as [count, height, width, 3]',
    });
  }
  const rows = Math.ceil(count / columns);
  const channels = gap > 0 || rows * columns > count ? 4 : 3;
  const sheetWidth = Math.min(columns, count) * (width + gap) - gap;
  const sheetHeight = rows * (height + gap) - gap;
  const stride = 1 + sheetWidth * channels;
  const lines = new Uint8Array(sheetHeight * stride);
  for (let image = 0; image < count; image++) {
    const left = (image % columns) * (width + gap);
    const top = Math.floor(image / columns) * (height + gap);
    for (let y = 0; y < height; y++) {
      let to = (top + y) * stride + 1 + left * channels;
      let from = (image * height + y) * width * 3;
      for (let x = 0; x < width; x++, from += 3, to += channels) {
        lines.set(pixels.subarray(from, from + 3), to);
        if (channels === 4) lines[to + 3] = 255;
      }
    }
  }
  return encodePng(lines, sheetWidth, sheetHeight, channels);
}

/** Source: ISO/IEC 15948 (PNG), sections 5 and 11; every line with filter 0. */
function encodePng(lines: Uint8Array, width: number, height: number, channels: 3 | 4): Uint8Array {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, channels === 3 ? 2 : 6, 0, 0, 0], 8);
  const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
  const parts = [
    signature,
    chunk('IHDR', header),
    chunk('IDAT', zlibSync(lines, { level: 9 })),
    chunk('IEND', new Uint8Array(0)),
  ];
  return new Uint8Array(Buffer.concat(parts));
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(Buffer.from(type, 'latin1'), 4);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, crc32(bytes.subarray(4, 8 + data.length)));
  return bytes;
}
