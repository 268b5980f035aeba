/**
 * @file Ladder from CT to iCT, one choice at a time, and iCT without each choice.
 *
 * Both are generated from the difference of the two recipes.
 */
import { derive } from '../harness/recipe/derive.ts';
import { choiceNames, diffRecipes, tuningNames, type ChoiceName } from '../harness/recipe/diff.ts';
import type { Deviation, Recipe } from '../harness/recipe/types.ts';

export interface Rung {
  /** What this rung changes against the one below it. */
  readonly change: 'base' | 'tuning' | ChoiceName;
  readonly recipe: Recipe;
}

export interface LeftOut {
  /** The choice that is taken back to that of `from`. */
  readonly choice: ChoiceName;
  readonly recipe: Recipe;
}

/** `to` with one choice taken back to `from`, choice by choice in the paper's order; everything else, tuning included, is that of `to`. */
export function leaveOneOut(from: Recipe, to: Recipe): readonly LeftOut[] {
  return differingChoices(from, to).map((choice) => ({
    choice,
    recipe: derive(to, {
      ...generatedIdentity(from, to, `${to.id}-without-${choice}`, 'the choice is measured by what its absence costs'),
      method: { [choice]: from.method[choice] },
    }),
  }));
}

/**
 * The rungs from `from` to `to`: first everything that is none of the five choices (tuning, network, sampling), then the choices
 * in the paper's order, so that each is measured at equal tuning. The ends are the two recipes themselves, and the rung below the end is
 * `to` without its last choice, so that their results are shared.
 * @param without `to` without each choice
 */
export function ladder(from: Recipe, to: Recipe, without = leaveOneOut(from, to)): readonly Rung[] {
  const { tuning, other } = diffRecipes(from, to);
  const rungs: Rung[] = [{ change: 'base', recipe: from }];
  if (tuning.length + other.length > 0) rungs.push({ change: 'tuning', recipe: retuned(from, to) });
  const choices = differingChoices(from, to);
  const withoutLast = without.at(-1)?.recipe;
  for (const choice of choices) {
    const below = rungs[rungs.length - 1]!.recipe;
    const own = choices.indexOf(choice) === choices.length - 2 ? withoutLast : undefined;
    const recipe =
      own ??
      derive(below, {
        ...rungIdentity(from, to, rungs.length, choice),
        method: { [choice]: to.method[choice] },
      });
    rungs.push({ change: choice, recipe });
  }
  rungs[rungs.length - 1] = { change: rungs[rungs.length - 1]!.change, recipe: to };
  return rungs;
}

function differingChoices(from: Recipe, to: Recipe): ChoiceName[] {
  const { choices } = diffRecipes(from, to);
  return choiceNames.filter((name) => choices.some((difference) => difference.choice === name));
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
  const id = `${from.data.dataset}-ladder-${rung}-${change}`;
  return generatedIdentity(from, to, id, 'each choice is measured on top of the one before it');
}

function generatedIdentity(from: Recipe, to: Recipe, id: string, why: string) {
  const deviation: Deviation = {
    what: `an intermediate of "${from.id}" and "${to.id}", whose deviations hold here as far as their values are used`,
    why,
    source: 'recipes/ladder.ts',
  };
  return {
    id,
    // Raised with either end, so that a recipe of other numbers never shares a table with this one.
    version: from.version + to.version - 1,
    source: `generated from the difference of ${from.id} and ${to.id}`,
    deviations: [deviation],
  };
}
