/** @file The tuned numbers of a plan as the cell uses them: the recipe's, with what the scale changed. */
import type { Recipe, Tuning } from '../recipe/types.ts';
import type { AsRun, Plan } from './types.ts';

/** The recipe's `tuning` after the scale; the published values are `plan.recipe.tuning`. */
export function tuningAsRun({ recipe, asRun }: Pick<Plan, 'recipe' | 'asRun'>): Tuning {
  const { steps, batchImages, samplingEmaDecay } = asRun;
  return { ...recipe.tuning, steps, batchImages, samplingEmaDecay, dropout: dropoutAsRun({ recipe, asRun }) };
}

/** The dropout rate that the cell trains with. */
export function dropoutAsRun({ recipe, asRun }: DropoutPlan): number {
  return asRun.dropout ?? recipe.tuning.dropout;
}

/** What decides dropout. */
export interface DropoutPlan {
  readonly recipe: Pick<Recipe, 'tuning'>;
  readonly asRun: Pick<AsRun, 'dropout'>;
}
