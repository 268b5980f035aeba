/** @file Derives a recipe from another by naming the values that change. */
import { canonicalJson } from '../core/canonical-json.ts';
import { RecipeError, described } from '../core/errors.ts';
import type {
  AdmNetwork,
  Data,
  Deviation,
  Levels,
  Method,
  NcsnppNetwork,
  Optimizer,
  Recipe,
  Sampling,
  Tuning,
} from './types.ts';
import { validateRecipe } from './validate.ts';

/**
 * What a derived recipe says. Its name, version, source and deviations are its own and never inherited; everything else is inherited
 * unless named. A choice of `method` is replaced whole, so no parameter of the base's choice can linger in it.
 */
export interface Override {
  readonly id: string;
  readonly version: number;
  readonly source: string;
  readonly deviations: readonly Deviation[];
  readonly method?: Partial<Method>;
  readonly tuning?: Partial<Tuning>;
  readonly levels?: Partial<Levels>;
  readonly network?: Partial<Omit<NcsnppNetwork, 'kind'>> | Partial<Omit<AdmNetwork, 'kind'>>;
  readonly optimizer?: Partial<Optimizer>;
  readonly data?: Partial<Data>;
  readonly sampling?: Partial<Sampling>;
}

const sections = ['method', 'tuning', 'levels', 'network', 'optimizer', 'data', 'sampling'] as const;

/** A recipe stated from the ground up, checked and frozen. */
export function defineRecipe(recipe: Recipe): Recipe {
  return deepFreeze(validateRecipe(recipe));
}

/**
 * `base` with the named values replaced, checked and frozen.
 * @throws RecipeError when a value equals the base's, when a key is unknown, or when the result is no valid recipe
 */
export function derive(base: Recipe, override: Override): Recipe {
  const where = `recipe "${override.id}"`;
  if (override.id === base.id) {
    throw new RecipeError({
      where: `${where} at id`,
      got: override.id,
      expected: 'another id than that of its base',
      remedy: 'Name the derived recipe',
    });
  }
  if (sections.every((section) => override[section] === undefined)) {
    throw new RecipeError({
      where,
      got: described('no change'),
      expected: `at least one value that differs from "${base.id}"`,
      remedy: `Use "${base.id}" itself`,
    });
  }
  // The override's own keys come along, so that a misspelt one reaches the validation and is named there.
  const derived: Record<string, unknown> = { ...base, ...override };
  for (const section of sections) {
    const changes = override[section];
    derived[section] = changes === undefined ? base[section] : replaceFields(where, section, base, changes);
  }
  return deepFreeze(validateRecipe(derived));
}

function replaceFields(where: string, section: (typeof sections)[number], base: Recipe, changes: object): object {
  const fields: Readonly<Record<string, unknown>> = { ...base[section] };
  for (const [key, value] of Object.entries(changes)) {
    if (!(key in fields) || canonicalJson(fields[key]) !== canonicalJson(value)) continue;
    throw new RecipeError({
      where: `${where} at ${section}.${key}`,
      got: value,
      expected: `a value that differs from that of "${base.id}"`,
      remedy: 'Remove the line: it is inherited',
    });
  }
  return { ...fields, ...changes };
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.values(value).forEach(deepFreeze);
    Object.freeze(value);
  }
  return value;
}
