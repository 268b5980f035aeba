/** @file Reads user-supplied weights and checks that they fit the data set and the named recipe. */
import { basename } from 'node:path';
import { DataError, described } from '../core/errors.ts';
import { datasetNamed, recipeNamed } from '../plan/names.ts';
import type { WeightsRequest } from '../plan/request.ts';
import type { Catalogue } from '../recipe/catalogue.ts';
import type { Claim } from '../recipe/claim.ts';
import { datasets, type DatasetId } from '../recipe/dataset.ts';
import type { Recipe } from '../recipe/types.ts';
import type { WeightsPart } from '../recipe/weights-part.ts';
import { sha256OfFile } from '../system/files/file-hash.ts';

export interface NamedWeights {
  readonly path: string;
  readonly part: WeightsPart;
  /** Recipes that are named beside them. */
  readonly recipes?: readonly string[];
}

/**
 * The weights and every recipe that may have trained them.
 * @throws DataError when the file holds no network of the data set, or that of another recipe than the one that is named
 */
export async function requestWeights(
  { path, part, recipes: named }: NamedWeights,
  name: string,
  catalogue: Catalogue,
  claims: readonly Claim[],
): Promise<WeightsRequest> {
  const dataset = datasetNamed(name);
  const { readWeights } = await import('../network/weights/read.ts');
  const { recipesOfWeights } = await import('../network/weights/recipes-of.ts');
  const file = readWeights(path, part);
  const asked = named?.map((one) => recipeNamed(catalogue.recipes, dataset, one)) ?? [];
  const found = recipesOfWeights(file, [
    ...new Set([...asked, ...candidates(dataset, file.recipe, catalogue, claims)]),
  ]);
  const [only] = asked;
  if (only !== undefined && asked.length === 1 && !found.includes(only)) {
    throw new DataError({
      where: path,
      got: described(`weights of ${found.map(({ id }) => id).join(' or ')}`),
      expected: `those of ${only.id}, as --recipes says`,
      remedy: 'Leave --recipes out, or name the recipe by which they were trained',
    });
  }
  return {
    given: {
      file: basename(path),
      sha256: await sha256OfFile(path),
      part,
      ...(file.gridLevels !== undefined && { gridLevels: file.gridLevels }),
    },
    recipes: found,
  };
}

/** Recipes of the data set whose weights a file may hold: the one that it names, else those with published numbers. */
function candidates(
  dataset: DatasetId,
  stated: string | null,
  { recipes, mainRecipes }: Catalogue,
  claims: readonly Claim[],
): readonly Recipe[] {
  const all = Object.values(recipes).filter(({ data }) => data.dataset === dataset);
  if (stated !== null) return all;
  const published = new Set(claims.map(({ recipeId }) => recipeId));
  return datasets[dataset].generated ? mainRecipes[dataset] : all.filter(({ id }) => published.has(id));
}
