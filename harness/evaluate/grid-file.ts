/** @file Writes the first of many images as a grid into the folder of a cell. */
import { join } from 'node:path';
import { sha256 } from '../core/hash.ts';
import type { Plan } from '../plan/types.ts';
import type { ResultDraft } from '../results/store.ts';
import { gridPng } from '../sample/grid.ts';
import { writeFileAtomically } from '../system/files/atomic-file.ts';

export type GridFile = ResultDraft['files'][number];

/** Images in a grid, and its columns. */
export const gridImages = 64;
const gridColumns = 16;

/** @param images uint8[N,H,W,3]; of more than `gridImages` the first are shown */
export function writeGrid(
  { recipe }: Plan,
  cellFolder: string,
  images: Uint8Array,
  about: Omit<GridFile, 'images' | 'columns' | 'writtenSha256'>,
): GridFile {
  const side = recipe.network.resolution;
  const imageBytes = side * side * 3;
  const count = Math.min(gridImages, images.length / imageBytes);
  const columns = Math.min(gridColumns, count);
  const png = gridPng(images.subarray(0, count * imageBytes), { count, height: side, width: side, columns });
  writeFileAtomically(join(cellFolder, about.path), png);
  return { ...about, images: count, columns, writtenSha256: sha256(png) };
}
