/** @file Lists the numbers that a scale changed: the recipe's published ones beside those of the cell. */
import { tuningAsRun } from '../plan/tuning.ts';
import type { Plan } from '../plan/types.ts';

export interface AsRunRow {
  /** The name of the number in words with its unit, such as `optimizer steps`. */
  readonly what: string;
  readonly published: number;
  readonly asRun: number;
}

/** Every number that a scale can change, changed or not, in the order of a table. */
function asRunRows({ recipe, asRun }: Plan): AsRunRow[] {
  const { tuning, method } = recipe;
  return [
    { what: 'optimizer steps', published: tuning.steps, asRun: asRun.steps },
    { what: 'images per step', published: tuning.batchImages, asRun: asRun.batchImages },
    { what: 'training images', published: tuning.steps * tuning.batchImages, asRun: asRun.steps * asRun.batchImages },
    { what: 'intervals at the start, s0', published: method.curriculum.s0, asRun: asRun.s0 },
    { what: 'intervals at the end, s1', published: method.curriculum.s1, asRun: asRun.s1 },
    { what: 'sampling EMA decay', published: tuning.samplingEmaDecay, asRun: asRun.samplingEmaDecay },
    { what: 'dropout', published: tuning.dropout, asRun: tuningAsRun({ recipe, asRun }).dropout },
  ];
}

/** Only the numbers that were changed; empty when the recipe ran as published, or nothing was trained. */
export function asRunDifferences(plan: Plan): AsRunRow[] {
  if (plan.weights) return [];
  return asRunRows(plan).filter(({ published, asRun }) => published !== asRun);
}
