/**
 * @file Ladder from CT to iCT, one choice at a time.
 *
 * The rungs are generated from the difference of the two recipes.
 */
import { derive } from '../harness/recipe/derive.ts';
import { choiceNames, diffRecipes, tuningNames, type ChoiceName } from '../harness/recipe/diff.ts';
import type { Deviation, Recipe } from '../harness/recipe/types.ts';

export interface Rung {
  /** What this rung changes against the one below it. */
  readonly change: 'base' | 'tuning' | ChoiceName;
  readonly recipe: Recipe;
}

/**
 * The rungs from `from` to `to`: first everything that is none of the five choices (tuning, network, sampling), then the choices
 * in the paper's order, so that each is measured at equal tuning. The ends are the two recipes themselves and share their results.
 */
export function ladder(from: Recipe, to: Recipe): readonly Rung[] {
  const { choices, tuning, other } = diffRecipes(from, to);
  const rungs: Rung[] = [{ change: 'base', recipe: from }];
  if (tuning.length + other.length > 0) rungs.push({ change: 'tuning', recipe: retuned(from, to) });
  for (const choice of choiceNames.filter((name) => choices.some((difference) => difference.choice === name))) {
    const below = rungs[rungs.length - 1]!.recipe;
    const recipe = derive(below, {
      ...rungIdentity(from, to, rungs.length, choice),
      method: { [choice]: to.method[choice] },
    });
    rungs.push({ change: choice, recipe });
  }
  rungs[rungs.length - 1] = { change: rungs[rungs.length - 1]!.change, recipe: to };
  return rungs;
}

function retuned(from: Recipe, to: Recipe): Recipe {
  const { tuning, other } = diffRecipes(from, to);
  const sections: Record<string, Record<string, unknown>> = {};
  for (const { path, to: value } of other) {
    const [section, key] = path.split('.') as [string, string];
    (sections[section] ??= {})[key] = value;
  }
  const changed = tuningNames.filter((name) => tuning.some((difference) => difference.name === name));
  return derive(from, {
    ...rungIdentity(from, to, 1, 'tuning'),
    ...(changed.length > 0 && { tuning: Object.fromEntries(changed.map((name) => [name, to.tuning[name]])) }),
    ...sections,
  });
}

function rungIdentity(from: Recipe, to: Recipe, rung: number, change: string) {
  const deviation: Deviation = {
    what: `an intermediate of "${from.id}" and "${to.id}", whose deviations hold here as far as their values are used`,
    why: 'each choice is measured on top of the one before it',
    source: 'recipes/ladder.ts',
  };
  return {
    id: `${from.data.dataset}-ladder-${rung}-${change}`,
    // Raised with either end, so that a rung of other numbers never shares a table with this one.
    version: from.version + to.version - 1,
    source: `generated from the difference of ${from.id} and ${to.id}`,
    deviations: [deviation],
  };
}
