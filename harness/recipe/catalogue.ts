/** @file Type of the catalogue that commands receive: recipes, scales and usual seeds per data set. */
import type { Scale, ScaleId } from './scale.ts';
import type { DatasetId } from './dataset.ts';
import type { Recipe } from './types.ts';

/** Names that stand for several recipes of a data set. */
type RecipeFamily = 'ladder' | 'leave-one-out';

export interface Catalogue {
  /** By id. */
  readonly recipes: Readonly<Record<string, Recipe>>;
  /** Names for several recipes at once, such as all rungs of the ladder. */
  readonly families: Readonly<Record<DatasetId, Readonly<Record<RecipeFamily, readonly Recipe[]>>>>;
  /** What is run when no recipe is named: the two methods side by side. */
  readonly mainRecipes: Readonly<Record<DatasetId, readonly [ct: Recipe, ict: Recipe]>>;
  readonly scales: Readonly<Record<DatasetId, Readonly<Partial<Record<ScaleId, Scale>>>>>;
  /** Seeds where none are named; a scale without a row is run with seed 0. */
  readonly usualSeeds: Readonly<Record<DatasetId, Readonly<Partial<Record<ScaleId, readonly number[]>>>>>;
}
