/** @file Catalogue of every recipe, scale and ladder. */
import type { Catalogue } from '../harness/recipe/catalogue.ts';
import type { DatasetId } from '../harness/recipe/dataset.ts';
import type { Recipe } from '../harness/recipe/types.ts';
import * as cifar10 from './cifar10.ts';
import * as imagenet64 from './imagenet64.ts';
import { ladder, type Rung } from './ladder.ts';
import { scales, usualSeeds } from './scales.ts';
import * as shapes from './shapes.ts';

/** CT to iCT, one choice at a time, per data set. */
export const ladders: Readonly<Record<DatasetId, readonly Rung[]>> = {
  shapes: ladder(shapes.ct, shapes.ict),
  cifar10: ladder(cifar10.ct, cifar10.ict),
  imagenet64: ladder(imagenet64.ct, imagenet64.ict),
};

/** What `reproduce` runs when no recipe is named: the two methods side by side. */
export const mainRecipes: Catalogue['mainRecipes'] = {
  shapes: [shapes.ct, shapes.ict],
  cifar10: [cifar10.ct, cifar10.ict],
  imagenet64: [imagenet64.ct, imagenet64.ict],
};

const written: Readonly<Record<DatasetId, Readonly<Record<string, Recipe>>>> = { shapes, cifar10, imagenet64 };

const all: readonly Recipe[] = [
  ...Object.values(written).flatMap((recipesOf) => Object.values(recipesOf)),
  ...Object.values(ladders).flatMap((rungs) => rungs.map(({ recipe }) => recipe)),
];

/** id -> recipe: every published recipe, every other reading, every rung. */
export const recipes: Readonly<Record<string, Recipe>> = Object.fromEntries(all.map((recipe) => [recipe.id, recipe]));

export const catalogue: Catalogue = { recipes, mainRecipes, scales, usualSeeds };
