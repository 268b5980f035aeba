/** @file Folders of small PNG images that a seed draws: gratings over slopes of colour with a shape in front. */
import { join } from 'node:path';
import { HostRandom } from '../../core/random.ts';
import { gridPng } from '../../sample/grid.ts';
import { makeFolder } from '../../system/files/files.ts';
import { createFile } from '../../system/files/open-file.ts';

/** Two sets that differ as generated images do from real ones: not in kind, but in how often. */
export type TextureSet = 'images' | 'reference';

/** Cycles across an image, at most; contrast of the grating; radius of the disc in front. */
const kinds = {
  images: { cycles: 5, contrast: 90, radius: [3, 9] },
  reference: { cycles: 8, contrast: 60, radius: [5, 13] },
} as const;

/** uint8[side, side, 3] of image `index` of a set: the same on every machine. */
export function texture(set: TextureSet, seed: number, index: number, side: number): Uint8Array {
  const random = new HostRandom(seed, 'scored-images', 2 * index + (set === 'images' ? 0 : 1));
  const between = (low: number, high: number): number => low + (high - low) * random.uniform();
  const { cycles, contrast, radius } = kinds[set];
  const angle = between(0, Math.PI);
  const rate = (2 * Math.PI * between(0.5, cycles)) / side;
  const [across, down] = [rate * Math.cos(angle), rate * Math.sin(angle)];
  const phase = between(0, 2 * Math.PI);
  const reach = (between(radius[0], radius[1]) * side) / 32;
  const [centreX, centreY] = [between(0, side), between(0, side)];
  const channels = Array.from({ length: 3 }, () => ({
    base: between(60, 195),
    slopeX: between(-60, 60) / side,
    slopeY: between(-60, 60) / side,
    wave: between(-contrast, contrast),
    disc: between(20, 235),
  }));
  const pixels = new Uint8Array(side * side * 3);
  for (let y = 0, at = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const wave = Math.sin(across * x + down * y + phase);
      const inside = (x - centreX) ** 2 + (y - centreY) ** 2 < reach ** 2;
      for (const { base, slopeX, slopeY, wave: height, disc } of channels) {
        const value = inside ? disc : base + slopeX * (x - side / 2) + slopeY * (y - side / 2) + height * wave;
        pixels[at++] = Math.min(255, Math.max(0, Math.round(value)));
      }
    }
  }
  return pixels;
}

export interface TextureFolder {
  readonly folder: string;
  readonly set: TextureSet;
  readonly seed: number;
  readonly count: number;
  readonly side: number;
}

/** Writes `00000.png` ... @param onImages told after each how many there are */
export function writeTextures(
  { folder, set, seed, count, side }: TextureFolder,
  onImages: (done: number) => void = () => undefined,
): void {
  makeFolder(folder);
  for (let index = 0; index < count; index++) {
    const png = gridPng(texture(set, seed, index, side), { count: 1, height: side, width: side, columns: 1 });
    const file = createFile(join(folder, `${String(index).padStart(5, '0')}.png`));
    file.writeAt(0, png);
    file.close();
    onImages(index + 1);
  }
}
