/**
 * @file Embedded data set `shapes`: 16x16 RGB images of a disc, square, triangle or cross, drawn by index.
 *
 * The background is a faint gradient.
 *
 * Image i of a split is drawn from the 13 words w0 ... w12 of Philox4x32-10 with the key of stream `shapes-train` or
 * `shapes-held-out` at seed 0 and step i (core/random.ts); `shapes-encoder` has the images of the perceptual distance. With u = w / 2^32 in [0, 1):
 *
 *   label    = w0 mod 4                                                    disc, square, triangle, cross
 *   shape    : colour floor(6 u1) of six bright ones, each channel + 24 u - 12 (w7, w8, w9)
 *   ground   : colour floor(4 u2) of four dark ones, each channel + 24 u - 12 (w10, w11, w12)
 *   gradient = 4 + 8 u6: row y of the ground is brighter by gradient (2y - 15) / 16, from top to bottom
 *   centre   = (6 + 4 u3, 6 + 4 u4), radius r = 4 + 1.5 u5, in pixels: half a pixel of ground is left at the edge
 *
 * The inside, with (dx, dy) from the centre, y downwards: disc dx^2 + dy^2 < r^2; square max(|dx|, |dy|) < 7/8 r;
 * triangle 2|dx| - r < dy < 3/4 r; cross min(|dx|, |dy|) < 5/16 r and max(|dx|, |dy|) < r.
 * A pixel of which n of the 4x4 points at the odd eighths lie inside is floor(ground + (shape - ground) n / 16 + 1/2).
 *
 * Only +, -, *, / and comparisons of float64 are used, which IEEE 754 rounds in one way: the bytes are the same on every machine.
 * Jitter is kept slight on purpose: with free colours, rotations or gradients a network of 0.26 M parameters shows no shape after
 * 4,000 steps.
 */
import { createHash } from 'node:crypto';
import { DataError, described } from '../core/errors.ts';
import { philox4x32, type PhiloxKey } from '../core/philox.ts';
import { streamKey } from '../core/random.ts';
import type { ImageSource } from './source.ts';

export const shapesVersion = 1;
const shapesResolution = 16;

/** Names of the labels 0 to 3. */
export const shapeNames = ['disc', 'square', 'triangle', 'cross'] as const;

/** sha256 over the first 1,024 images of `shapes-train`, then of `shapes-held-out`: label byte, then 768 bytes each. */
export const shapesContentHash = 'e3406070a0a00bfcf0f72bf88539641af716b3267e274907f706590d73099d4c';

const pinnedImages = 1024;
const side = shapesResolution;
/** Sample points per pixel and axis. */
const samples = 4;

/** RGB of the shapes: white, yellow, coral, mint, sky, pink. Twelve levels from 0 and 255, so that no jitter is clipped. */
const bright = [
  [243, 243, 243],
  [243, 236, 51],
  [242, 102, 76],
  [102, 242, 153],
  [130, 204, 243],
  [243, 153, 236],
] as const;

/** RGB of the grounds: graphite, navy, maroon, forest. 24 levels from 0: room for jitter and gradient. */
const dark = [
  [34, 34, 34],
  [38, 38, 102],
  [102, 38, 38],
  [38, 90, 38],
] as const;

/**
 * Opens the data set. Generates and compares the pinned images first (some tens of milliseconds).
 * @param stream of the training images
 * @throws DataError when this machine draws other bytes than those that are pinned.
 */
export function openShapes(stream: 'shapes-train' | 'shapes-encoder' = 'shapes-train'): ImageSource {
  const contentHash = shapesHash();
  if (contentHash !== shapesContentHash) {
    throw new DataError({
      where: `shapes version ${shapesVersion}`,
      got: described(`images with sha256 ${contentHash}`),
      expected: `sha256 ${shapesContentHash}`,
      remedy: 'Run on another machine or Node version: the arithmetic of this one is not IEEE 754',
    });
  }
  const train = streamKey(0, stream);
  const heldOut = streamKey(0, 'shapes-held-out');
  return {
    id: 'shapes',
    version: shapesVersion,
    resolution: side,
    channels: 3,
    classes: shapeNames.length,
    trainImages: 'unlimited',
    heldOutImages: 'unlimited',
    contentHash,
    origin: { text: `generated: shapes version ${shapesVersion}`, published: true },
    readTrain: (index, out) => drawShape(train, index, out),
    readHeldOut: (index, out) => drawShape(heldOut, index, out),
    close: () => undefined,
  };
}

/** sha256 of the pinned part of both splits, as drawn on this machine. */
export function shapesHash(): string {
  const hash = createHash('sha256');
  const image = new Uint8Array(side * side * 3);
  for (const stream of ['shapes-train', 'shapes-held-out'] as const) {
    const key = streamKey(0, stream);
    for (let index = 0; index < pinnedImages; index++) {
      hash.update(Uint8Array.of(drawShape(key, index, image)));
      hash.update(image);
    }
  }
  return hash.digest('hex');
}

const words = new Uint32Array(16);
const block = new Uint32Array(4);
const covered = new Uint8Array(side * side);

/** Draws image `index` of the stream of `key` into `out`, uint8[16, 16, 3]; returns its label. */
function drawShape(key: PhiloxKey, index: number, out: Uint8Array): number {
  for (let i = 0; i < 4; i++) {
    philox4x32(key, i, 0, index >>> 0, Math.floor(index / 2 ** 32), block);
    words.set(block, 4 * i);
  }
  const label = words[0]! % 4;
  const colour = bright[Math.floor(6 * unit(1))]!;
  const ground = dark[Math.floor(4 * unit(2))]!;
  countCovered(label, 6 + 4 * unit(3), 6 + 4 * unit(4), 4 + 1.5 * unit(5));
  const gradient = 4 + 8 * unit(6);
  for (let channel = 0; channel < 3; channel++) {
    const inside = colour[channel]! + 24 * unit(7 + channel) - 12;
    const flat = ground[channel]! + 24 * unit(10 + channel) - 12;
    for (let y = 0; y < side; y++) {
      const outside = flat + (gradient * (2 * y - 15)) / 16;
      for (let x = 0; x < side; x++) {
        const pixel = y * side + x;
        out[3 * pixel + channel] = Math.floor(outside + ((inside - outside) * covered[pixel]!) / 16 + 0.5);
      }
    }
  }
  return label;
}

/** Word `i` of the image as a number in [0, 1). */
function unit(i: number): number {
  return words[i]! / 4294967296;
}

/** Fills `covered` with the number of sample points of each pixel that lie inside the shape. */
function countCovered(label: number, centreX: number, centreY: number, radius: number): void {
  covered.fill(0);
  const inside = insideOf[label]!;
  const first = (centre: number): number => Math.floor((centre - radius) * samples);
  const last = (centre: number): number => Math.floor((centre + radius) * samples);
  for (let j = first(centreY); j <= last(centreY); j++) {
    const dy = (j + 0.5) / samples - centreY;
    const row = Math.floor(j / samples) * side;
    for (let i = first(centreX); i <= last(centreX); i++) {
      if (inside((i + 0.5) / samples - centreX, dy, radius)) covered[row + Math.floor(i / samples)]! += 1;
    }
  }
}

/** Whether a point lies inside, by label. */
const insideOf: readonly ((dx: number, dy: number, r: number) => boolean)[] = [
  (dx, dy, r) => dx * dx + dy * dy < r * r,
  (dx, dy, r) => Math.max(Math.abs(dx), Math.abs(dy)) < 0.875 * r,
  (dx, dy, r) => dy < 0.75 * r && 2 * Math.abs(dx) - r < dy,
  (dx, dy, r) => Math.min(Math.abs(dx), Math.abs(dy)) < 0.3125 * r && Math.max(Math.abs(dx), Math.abs(dy)) < r,
];
