/** @file Writes the first of many images as a grid into the folder of a cell. */
import { join } from 'node:path';
import { sha256 } from '../core/hash.ts';
import type { Plan } from '../plan/types.ts';
import type { ResultDraft } from '../results/store.ts';
import { gridPng } from '../sample/grid.ts';
import { exists } from '../system/files/files.ts';
import { writeFileAtomically } from '../system/files/atomic-file.ts';

export type GridFile = ResultDraft['files'][number];

/** Images in a grid, and its columns. */
export const gridImages = 64;
const gridColumns = 16;

/** The first row of the grid that the end will have, place by place. */
const momentImages = gridColumns;

/** @param images uint8[N,H,W,3]; of more than `most` the first are shown */
export function writeGrid(
  { recipe }: Plan,
  cellFolder: string,
  images: Uint8Array,
  about: Omit<GridFile, 'images' | 'columns' | 'writtenSha256'>,
  most = gridImages,
): GridFile {
  const side = recipe.network.resolution;
  const imageBytes = side * side * 3;
  const count = Math.min(most, images.length / imageBytes);
  const columns = Math.min(gridColumns, count);
  const png = gridPng(images.subarray(0, count * imageBytes), { count, height: side, width: side, columns });
  writeFileAtomically(join(cellFolder, about.path), png);
  return { ...about, images: count, columns, writtenSha256: sha256(png) };
}

/** Where the grid of a moment of training lies in the folder of its cell. */
function momentPath(step: number): string {
  return `moments/step-${step}.png`;
}

/** What is known of the grid of a moment before it is drawn; one step of the sampler, latents as at the end. */
function momentOf({ seed }: Plan, step: number) {
  const latents = `seed ${seed}, images 0-${momentImages - 1}`;
  return { kind: 'moment', path: momentPath(step), nfe: 1, step, latents } as const;
}

/** Writes the grid of a moment of training. @param images one-step samples from the latents of the end, uint8[N,H,W,3] */
export function writeMoment(plan: Plan, cellFolder: string, step: number, images: Uint8Array): void {
  writeGrid(plan, cellFolder, images, momentOf(plan, step), momentImages);
}

/** The moments that a cell has kept, oldest first: a cell that an earlier version began has some of them. */
export function keptMoments(plan: Plan, cellFolder: string): GridFile[] {
  const { curveSteps, curveImages, steps } = plan.asRun;
  const images = Math.min(momentImages, curveImages);
  return curveSteps
    .filter((step) => step < steps && exists(join(cellFolder, momentPath(step))))
    .map((step) => ({ ...momentOf(plan, step), images, columns: Math.min(gridColumns, images) }));
}
