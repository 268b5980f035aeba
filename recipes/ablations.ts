/** @file Ablations from CT to iCT per data set: which recipes are one change apart. */
import type { Ablation } from '../harness/recipe/ablation.ts';
import { datasetIds } from '../harness/recipe/dataset.ts';
import { ladders, leftOut, mainRecipes } from './index.ts';

export const ablations: readonly Ablation[] = datasetIds.map((dataset) => {
  const rungs = ladders[dataset];
  const [{ id: from }, { id: to }] = mainRecipes[dataset] as readonly [
    { readonly id: string },
    { readonly id: string },
  ];
  return {
    dataset,
    from,
    to,
    added: rungs.flatMap(({ change, recipe }, i) =>
      change === 'base' ? [] : [{ change, without: rungs[i - 1]!.recipe.id, with: recipe.id }],
    ),
    removed: leftOut[dataset].map(({ choice, recipe }) => ({ change: choice, without: recipe.id, with: to })),
  };
});
