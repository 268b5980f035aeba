/** @file The tuned numbers of a plan as the cell uses them: the recipe's, with what the scale changed. */
import type { Tuning } from '../recipe/types.ts';
import type { Plan } from './types.ts';

/** The recipe's `tuning` after the scale; the published values are `plan.recipe.tuning`. */
export function tuningAsRun({ recipe, asRun }: Pick<Plan, 'recipe' | 'asRun'>): Tuning {
  const { steps, batchImages, samplingEmaDecay } = asRun;
  const dropout = asRun.dropout ?? recipe.tuning.dropout;
  return { ...recipe.tuning, steps, batchImages, samplingEmaDecay, dropout };
}
