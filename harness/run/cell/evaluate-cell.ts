/** @file Evaluates a cell's final weights: scores, curves and image grids. */
import { curvesOf } from '../../evaluate/curve.ts';
import { scoreFinal, type FinalScores } from '../../evaluate/final.ts';
import { gridImages, keptMoments, writeGrid, type GridFile } from '../../evaluate/grid-file.ts';
import { heldOut } from '../../evaluate/real-images.ts';
import type { ScoreCurve } from '../../score/score.ts';
import type { CellWeights } from './cell-weights.ts';
import type { Cell } from './open-cell.ts';

export interface CellEvaluation extends FinalScores {
  readonly curves: readonly ScoreCurve[];
}

export async function evaluateCell(cell: Cell, { flat }: CellWeights): Promise<CellEvaluation> {
  const final = await scoreFinal(cell, flat);
  const moments = cell.plan.weights ? [] : keptMoments(cell.plan, cell.folder);
  return { ...final, files: [...final.files, ...moments, ...realGrid(cell)], curves: await cellCurves(cell) };
}

/** Real images for the eye, where the data set has images that training never sees. */
function realGrid({ plan, folder, source }: Cell): GridFile[] {
  if (!source || (source.heldOutImages !== 'unlimited' && source.heldOutImages < gridImages)) return [];
  const about = { kind: 'real', path: 'real.png', nfe: null, latents: null } as const;
  return [writeGrid(plan, folder, heldOut(source, 0, gridImages), about)];
}

async function cellCurves(cell: Cell): Promise<ScoreCurve[]> {
  const values = cell.progress.scores.flat();
  if (values.length === 0) return [];
  const floor = (await cell.scorer?.floor(cell.plan.asRun.curveImages)) ?? null;
  return curvesOf(cell, values, floor);
}
