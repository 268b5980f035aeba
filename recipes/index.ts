/** @file Catalogue of every recipe, scale and ladder. */
import type { Catalogue } from '../harness/recipe/catalogue.ts';
import type { DatasetId } from '../harness/recipe/dataset.ts';
import type { Recipe } from '../harness/recipe/types.ts';
import * as cifar10 from './cifar10.ts';
import * as imagenet64 from './imagenet64.ts';
import { ladder, leaveOneOut, type LeftOut, type Rung } from './ladder.ts';
import { scales, usualSeeds } from './scales.ts';
import * as shapes from './shapes.ts';

/** iCT with one choice taken back to CT's, per data set. */
export const leftOut: Readonly<Record<DatasetId, readonly LeftOut[]>> = {
  shapes: leaveOneOut(shapes.ct, shapes.ict),
  cifar10: leaveOneOut(cifar10.ct, cifar10.ict),
  imagenet64: leaveOneOut(imagenet64.ct, imagenet64.ict),
};

/** CT to iCT, one choice at a time, per data set. */
export const ladders: Readonly<Record<DatasetId, readonly Rung[]>> = {
  shapes: ladder(shapes.ct, shapes.ict, leftOut.shapes),
  cifar10: ladder(cifar10.ct, cifar10.ict, leftOut.cifar10),
  imagenet64: ladder(imagenet64.ct, imagenet64.ict, leftOut.imagenet64),
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
  ...Object.values(leftOut).flatMap((each) => each.map(({ recipe }) => recipe)),
];

/** id -> recipe: every published recipe, every other reading, every rung, iCT without each choice. */
export const recipes: Readonly<Record<string, Recipe>> = Object.fromEntries(all.map((recipe) => [recipe.id, recipe]));

function familiesOf(dataset: DatasetId): Catalogue['families'][DatasetId] {
  return {
    ladder: ladders[dataset].map(({ recipe }) => recipe),
    // What each is compared with comes first.
    'leave-one-out': [mainRecipes[dataset][1], ...leftOut[dataset].map(({ recipe }) => recipe)],
  };
}

export const families: Catalogue['families'] = {
  shapes: familiesOf('shapes'),
  cifar10: familiesOf('cifar10'),
  imagenet64: familiesOf('imagenet64'),
};

export const catalogue: Catalogue = { recipes, families, mainRecipes, scales, usualSeeds };
