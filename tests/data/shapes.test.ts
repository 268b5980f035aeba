/** @file The embedded data set: pinned bytes, closed forms of its geometry, and splits that share nothing. */
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../harness/core/clock.ts';
import { sha256 } from '../../harness/core/hash.ts';
import { openSource } from '../../harness/data/open.ts';
import { openShapes, shapeNames, shapesContentHash, shapesHash, shapesVersion } from '../../harness/data/shapes.ts';
import { silence } from '../../harness/system/progress.ts';

const source = openShapes();
const image = new Uint8Array(16 * 16 * 3);

function splitHash(read: (index: number, out: Uint8Array) => number, count: number): string {
  const pieces: Uint8Array[] = [];
  for (let i = 0; i < count; i++) pieces.push(Uint8Array.of(read(i, image)), Uint8Array.from(image));
  return sha256(Buffer.concat(pieces));
}

test('files that are named for it are refused, not passed over', async () => {
  const context = { cache: '', output: silence, clock: systemClock, environment: {} };
  await expect(openSource('shapes', context, { data: 'images.zip' })).rejects.toThrow(
    '--data: got "images.zip", expected no file: shapes is drawn by this project. Leave --data out.',
  );
  expect(await openSource('shapes', context)).toMatchObject({ id: 'shapes', contentHash: shapesContentHash });
});

describe('pinned bytes', () => {
  // Origin: version 1 of the generator itself. A change here is a new version: raise `shapesVersion`.
  test('the first 256 images of each split are those of version 1', () => {
    expect(shapesVersion).toBe(1);
    expect(splitHash((i, out) => source.readTrain(i, out), 256)).toBe(
      '7704c9934033d8d253530ca16b97f7d0646463faafb3d1dc4768d0f570455835',
    );
    expect(splitHash((i, out) => source.readHeldOut(i, out), 256)).toBe(
      'cfa08381c2ca0d407a6ab9617592ee802427d467f30cf7f6ec54f6d14dd3f351',
    );
  });

  test('the perceptual distance has images of its own, drawn by the same rule', () => {
    const own = openShapes('shapes-encoder');
    expect(own.contentHash).toBe(source.contentHash);
    // Origin: version 1 of the generator itself.
    expect(splitHash((i, out) => own.readTrain(i, out), 256)).toBe(
      'cc3718abd413477ea0aedb1eeed79ba4a6e14cd87e345d53e8fc5b812d9c0ce3',
    );
    expect(splitHash((i, out) => own.readHeldOut(i, out), 256)).toBe(
      splitHash((i, out) => source.readHeldOut(i, out), 256),
    );
  });

  test('opening compares 1,024 images of each split with the pinned hash', () => {
    expect(shapesHash()).toBe(shapesContentHash);
    expect(source.contentHash).toBe(shapesContentHash);
  });

  test('an image depends on its index alone, whatever was read before', () => {
    const first = Uint8Array.from(image);
    source.readTrain(2 ** 31 + 5, first);
    source.readTrain(17, image);
    source.readHeldOut(2 ** 31 + 5, image);
    source.readTrain(2 ** 31 + 5, image);
    expect(image).toEqual(first);
  });

  test('indices beyond 2^32 are images of their own', () => {
    source.readTrain(3, image);
    const low = Uint8Array.from(image);
    source.readTrain(3 + 2 ** 32, image);
    expect(image).not.toEqual(low);
  });
});

/** Area inside the shape in units of r^2; cross: two bars of width 5/8 and length 2 less their common square. */
const areas: Record<(typeof shapeNames)[number], number> = {
  disc: Math.PI,
  square: 1.75 ** 2,
  triangle: 1.75 ** 2 / 2,
  cross: 2 * (0.625 * 2) - 0.625 ** 2,
};

/** A thousand images whose r^2 spreads by 0.19 of its mean give that mean to 0.6 %: three times that. */
const areaTolerance = 0.018;

describe('the drawing', () => {
  test.each(shapeNames.map((name, label) => [name, label] as const))('a %s covers its area', (name, label) => {
    let covered = 0;
    let count = 0;
    for (let i = 0; i < 4000; i++) {
      if (source.readTrain(i, image) !== label) continue;
      covered += coverage(image);
      count += 1;
    }
    // E[r^2] for r uniform in [4, 5.5).
    const expected = areas[name] * ((5.5 ** 3 - 4 ** 3) / (3 * 1.5));
    expect(Math.abs(covered / count / expected - 1)).toBeLessThan(areaTolerance);
  });

  test('every label, and nothing else, comes equally often', () => {
    const counts = [0, 0, 0, 0];
    for (let i = 0; i < 8000; i++) counts[source.readTrain(i, image)]! += 1;
    // Four standard deviations of a binomial count.
    for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(4 * Math.sqrt(8000 * 0.25 * 0.75));
  });

  test('the corners are ground, and the ground brightens from top to bottom', () => {
    for (let i = 0; i < 500; i++) {
      source.readTrain(i, image);
      for (let channel = 0; channel < 3; channel++) {
        const [topLeft, topRight, bottomLeft, bottomRight] = [0, 15, 240, 255].map(
          (pixel) => image[3 * pixel + channel]!,
        );
        expect(topLeft).toBe(topRight);
        expect(bottomLeft).toBe(bottomRight);
        // From 15/16 of the gradient below to 15/16 above: 2 * 15/16 * [4, 12), rounded twice.
        expect(bottomLeft! - topLeft!).toBeGreaterThanOrEqual(7);
        expect(bottomLeft! - topLeft!).toBeLessThanOrEqual(23);
      }
    }
  });

  test('no level is clipped: jitter and gradient stay inside 10 and 255', () => {
    let lowest = 255;
    let highest = 0;
    for (let i = 0; i < 4000; i++) {
      source.readTrain(i, image);
      for (const level of image) {
        lowest = Math.min(lowest, level);
        highest = Math.max(highest, level);
      }
    }
    // Darkest ground 34 - 12 - 15/16 * 12 = 10.75; brightest shape 243 + 12.
    expect(lowest).toBeGreaterThanOrEqual(11);
    expect(highest).toBeLessThanOrEqual(255);
    expect(highest).toBeGreaterThan(250);
  });

  test('held-out images are none of the training images', () => {
    const seen = new Set<string>();
    for (let i = 0; i < 2000; i++) {
      source.readTrain(i, image);
      seen.add(sha256(image));
    }
    expect(seen.size).toBe(2000);
    for (let i = 0; i < 2000; i++) {
      source.readHeldOut(i, image);
      expect(seen.has(sha256(image))).toBe(false);
    }
  });
});

/** Area of the shape in pixels, from colours alone: the ground of a row is its leftmost pixel, the shape's colour the farthest from it. */
function coverage(pixels: Uint8Array): number {
  const channel = [0, 1, 2].reduce((best, c) => (contrast(pixels, c) > contrast(pixels, best) ? c : best), 0);
  let inside = 0;
  for (let i = channel; i < pixels.length; i += 3) inside = Math.max(inside, pixels[i]!);
  let area = 0;
  for (let y = 0; y < 16; y++) {
    const ground = pixels[y * 48 + channel]!;
    for (let x = 0; x < 16; x++) area += (pixels[y * 48 + 3 * x + channel]! - ground) / (inside - ground);
  }
  return area;
}

function contrast(pixels: Uint8Array, channel: number): number {
  let most = 0;
  for (let i = channel; i < pixels.length; i += 3) most = Math.max(most, pixels[i]! - pixels[channel]!);
  return most;
}
