/**
 * @file Runs one cell, recipe x seed, from its plan to its result, in one process and one folder.
 *
 * Run again, it goes on where it stopped.
 */
import { join } from 'node:path';
import { planFileName, readPlan } from '../../plan/plan-file.ts';
import type { Plan } from '../../plan/types.ts';
import type { Result } from '../../results/schema.ts';
import { readResult, writeResult } from '../../results/store.ts';
import type { CellOptions } from './cell-options.ts';
import { cellWeights } from './cell-weights.ts';
import { doneDraft } from './draft.ts';
import { recordedEnd } from './ended-cell.ts';
import { evaluateCell } from './evaluate-cell.ts';
import { openCell } from './open-cell.ts';
import type { Request } from './ranks/request.ts';
import { addRedraws } from './redraw.ts';
import { measureSpeed } from './throughput.ts';

/**
 * Runs the cell of a folder with a `plan.json`, then the further draws that were asked for. A cell that has a result keeps it; one that
 * failed is run again.
 * @throws CheckpointedExit when a stop was asked for
 * @throws DivergenceError after the result with status `diverged` was written
 */
export async function runCell(options: CellOptions): Promise<Result> {
  const plan = readPlan(join(options.folder, planFileName));
  const finished = readResult(options.folder);
  const result = finished ?? (await newResult(options, plan));
  const drawn = await redrawn(options, plan, result);
  if (finished && drawn === 0)
    options.output.write(`${plan.recipe.id} seed ${plan.seed}: done before, nothing to do\n`);
  return result;
}

async function redrawn(options: CellOptions, plan: Plan, result: Result): Promise<number> {
  try {
    return await addRedraws(options, plan, result);
  } finally {
    options.ranks?.team.tell({ end: true } satisfies Request);
  }
}

async function newResult(options: CellOptions, plan: Plan): Promise<Result> {
  using cell = await openCell(options, plan);
  options.ranks?.team.tell({ goOn: true } satisfies Request);
  try {
    const weights = await cellWeights(cell);
    const evaluation = await evaluateCell(cell, weights);
    const throughput = await measureSpeed(cell, weights, evaluation.samplers);
    return writeResult(cell.folder, doneDraft(cell, evaluation, throughput));
  } catch (thrown) {
    throw recordedEnd(cell, thrown);
  }
}
