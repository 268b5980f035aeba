/** @file Resolves a user's name of a recipe, scale or data set; suggests the nearest names if unknown. */
import { UsageError } from '../core/errors.ts';
import { suggestion } from '../core/suggest.ts';
import type { Catalogue } from '../recipe/catalogue.ts';
import type { Scale, ScaleId } from '../recipe/scale.ts';
import { datasetIds, type DatasetId } from '../recipe/dataset.ts';
import type { Recipe } from '../recipe/types.ts';

/** @throws UsageError when no data set has that name */
export function datasetNamed(name: string): DatasetId {
  const found = datasetIds.find((id) => id === name);
  if (found) return found;
  throw new UsageError({ where: 'data set', got: name, expected: 'a data set', remedy: suggestion(name, datasetIds) });
}

/**
 * The recipe of a data set by its id or by its id without the data set: `cifar10-ict` or, on cifar10, `ict`.
 * @param catalogue id -> recipe
 * @param families names of several recipes that would do as well, for the suggestion
 * @throws UsageError when there is none, or when it belongs to another data set
 */
export function recipeNamed(
  catalogue: Readonly<Record<string, Recipe>>,
  dataset: DatasetId,
  name: string,
  families: readonly string[] = [],
): Recipe {
  const recipe = ownValue(catalogue, `${dataset}-${name}`) ?? ownValue(catalogue, name);
  if (!recipe) {
    const short = Object.values(catalogue)
      .filter(({ data }) => data.dataset === dataset)
      .map(({ id }) => (id.startsWith(`${dataset}-`) ? id.slice(dataset.length + 1) : id));
    const typed = name.startsWith(`${dataset}-`) ? name.slice(dataset.length + 1) : name;
    throw new UsageError({
      where: '--recipes',
      got: name,
      expected: `a recipe of ${dataset}`,
      remedy: suggestion(typed, [...short, ...families]),
    });
  }
  if (recipe.data.dataset !== dataset) {
    throw new UsageError({
      where: '--recipes',
      got: name,
      expected: `a recipe of ${dataset}, not of ${recipe.data.dataset}`,
      remedy: `Run it on ${recipe.data.dataset}`,
    });
  }
  return recipe;
}

/**
 * Recipes by their ids and families by their names, each recipe once: `ladder` and `leave-one-out` share three.
 * @throws UsageError as `recipeNamed`
 */
export function recipesNamed(
  { recipes, families }: Pick<Catalogue, 'recipes' | 'families'>,
  dataset: DatasetId,
  names: readonly string[],
): Recipe[] {
  return [
    ...new Set(
      names.flatMap(
        (name) =>
          ownValue<readonly Recipe[]>(families[dataset], name) ?? [
            recipeNamed(recipes, dataset, name, Object.keys(families[dataset])),
          ],
      ),
    ),
  ];
}

/**
 * The scale of a data set by its id.
 * @throws UsageError when the data set has no such scale
 */
export function scaleNamed(
  table: Readonly<Record<DatasetId, Readonly<Partial<Record<ScaleId, Scale>>>>>,
  dataset: DatasetId,
  name: string,
): Scale {
  const own = table[dataset];
  const scale = ownValue(own as Readonly<Record<string, Scale | undefined>>, name);
  if (scale) return scale;
  throw new UsageError({
    where: '--scale',
    got: name,
    expected: `a scale of ${dataset}`,
    remedy: suggestion(name, Object.keys(own)),
  });
}

function ownValue<V>(record: Readonly<Record<string, V>>, key: string): V | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
