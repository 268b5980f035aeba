/**
 * @file Synthetic photographs of the sizes of ILSVRC-2012: textured JPEG files, for timing.
 *
 * Their bytes weigh what those of the data set do, about 110 kB: decoding takes the longer the more is coded.
 */
import { HostRandom } from '../../core/random.ts';
import type { RgbImage } from '../../formats/image.ts';

interface SyntheticPhotograph {
  readonly name: string;
  readonly bytes: Uint8Array;
}

interface Kind {
  readonly width: number;
  readonly height: number;
  readonly quality: number;
  readonly coding?: 'full chroma' | 'progressive' | 'grey' | 'cmyk';
}

/** Three of four photographs, in turn. */
const common: readonly Kind[] = [
  { width: 500, height: 375, quality: 92 },
  { width: 500, height: 333, quality: 92 },
  { width: 375, height: 500, quality: 92 },
  { width: 400, height: 350, quality: 92 },
  { width: 500, height: 375, quality: 88 },
  { width: 640, height: 480, quality: 85 },
  { width: 333, height: 500, quality: 92 },
  { width: 499, height: 375, quality: 95 },
];

/** The fourth. The tall one loses so many more rows than columns that Pillow 13 begins with the other pass. */
const rare: readonly Kind[] = [
  { width: 500, height: 375, quality: 92, coding: 'full chroma' },
  { width: 500, height: 375, quality: 92, coding: 'grey' },
  { width: 1600, height: 1200, quality: 85 },
  { width: 141, height: 497, quality: 92 },
  { width: 500, height: 400, quality: 92, coding: 'progressive' },
  { width: 250, height: 187, quality: 92, coding: 'cmyk' },
  { width: 110, height: 93, quality: 92 },
  { width: 1024, height: 768, quality: 85 },
];

/** Distances between the drawn points of each layer, in pixels; a layer is the weaker the finer it is. */
const layers = [96, 40, 17, 7, 3, 1.5] as const;
const fallOff = 0.25;
const edges = 6;

/** @returns photograph `index` of the endless set of a seed */
export async function syntheticPhotograph(seed: number, index: number): Promise<SyntheticPhotograph> {
  const kind = kindOf(index);
  const { width, height, quality, coding } = kind;
  const { default: sharp } = await import('sharp');
  const { data } = texture(width, height, new HostRandom(seed, 'bootstrap', index));
  const image = sharp(data, { raw: { width, height, channels: 3 } });
  const coloured =
    coding === 'grey' ? image.toColourspace('b-w') : coding === 'cmyk' ? image.toColourspace('cmyk') : image;
  const bytes = await coloured
    .jpeg({
      quality,
      progressive: coding === 'progressive',
      chromaSubsampling: coding === 'full chroma' || coding === 'cmyk' ? '4:4:4' : '4:2:0',
    })
    .toBuffer();
  return {
    name: `${String(index).padStart(4, '0')}-${width}x${height}${coding ? `-${coding.replace(' ', '-')}` : ''}.JPEG`,
    bytes,
  };
}

function kindOf(index: number): Kind {
  const turn = Math.floor(index / 4);
  return index % 4 === 3 ? rare[turn % rare.length]! : common[(3 * turn + (index % 4)) % common.length]!;
}

/** Noise of every scale, as textures have it, under a few discs with sharp edges. */
function texture(width: number, height: number, random: HostRandom): RgbImage {
  const levels = new Float32Array(width * height * 3).fill(128);
  for (const spacing of layers) addLayer(levels, width, height, spacing, random);
  for (let i = 0; i < edges; i++) addDisc(levels, width, height, random);
  return { width, height, data: Uint8Array.from(levels, (level) => Math.min(255, Math.max(0, Math.round(level)))) };
}

/** Values drawn on a grid, linear in between. */
function addLayer(levels: Float32Array, width: number, height: number, spacing: number, random: HostRandom): void {
  const columns = Math.ceil(width / spacing) + 1;
  const rows = Math.ceil(height / spacing) + 1;
  const strength = 44 * spacing ** fallOff;
  const grid = Float32Array.from({ length: columns * rows * 3 }, () => strength * (random.uint32() / 2 ** 32 - 0.5));
  for (let y = 0, to = 0; y < height; y++) {
    const row = Math.floor(y / spacing);
    const down = y / spacing - row;
    for (let x = 0; x < width; x++) {
      const column = Math.floor(x / spacing);
      const right = x / spacing - column;
      const above = (row * columns + column) * 3;
      const below = above + columns * 3;
      for (let c = 0; c < 3; c++, to++) {
        const top = grid[above + c]! * (1 - right) + grid[above + 3 + c]! * right;
        const bottom = grid[below + c]! * (1 - right) + grid[below + 3 + c]! * right;
        levels[to]! += top * (1 - down) + bottom * down;
      }
    }
  }
}

function addDisc(levels: Float32Array, width: number, height: number, random: HostRandom): void {
  const radius = (0.05 + 0.2 * random.uniform()) * Math.min(width, height);
  const [left, top] = [width * random.uniform(), height * random.uniform()];
  const colour = Float32Array.from({ length: 3 }, () => 120 * (random.uniform() - 0.5));
  for (let y = Math.max(0, Math.ceil(top - radius)); y < Math.min(height, top + radius); y++) {
    const half = Math.sqrt(Math.max(0, radius ** 2 - (y - top) ** 2));
    for (let x = Math.max(0, Math.ceil(left - half)); x < Math.min(width, left + half); x++) {
      for (let c = 0; c < 3; c++) levels[(y * width + x) * 3 + c]! += colour[c]!;
    }
  }
}
