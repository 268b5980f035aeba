/** @file Prints the power of the planned seeds, and the number of seeds that settle a margin. */
import { datasets } from '../recipe/dataset.ts';
import { formatDuration, significant } from '../core/units.ts';
import { asRunDifferences } from '../results/as-run.ts';
import { standardMargins, type Judgement } from '../results/judgement.ts';
import type { Plan } from '../plan/types.ts';
import { fewestPairs } from './compare.ts';
import type { PilotSpread } from './studies/pilot.ts';
import { powerOf, seedsToSettle, shownSpreads, smallestDifference, wantedPower } from './power.ts';

/** What the seeds of a command can show, before anything is run. */
export function powerText(
  plans: readonly Plan[],
  { confidence, margins, relativeMargin, minimumSeeds }: Judgement,
): string {
  const seeds = new Set(plans.map(({ seed }) => seed)).size;
  const least = Math.max(fewestPairs, minimumSeeds);
  if (seeds < least)
    return `Power: ${seedsText(seeds)} of ${least} that any verdict or comparison needs: nothing will be claimed.`;
  const found = `  two recipes: a difference of ${significant(smallestDifference(seeds, confidence), 2)} standard deviations of the paired difference is found in ${percent(wantedPower)}`;
  const isJudged = plans.some(
    (plan) => !datasets[plan.recipe.data.dataset].generated && asRunDifferences(plan).length === 0,
  );
  if (!isJudged)
    return [`Power of ${seedsText(seeds)} (no published number is judged at this scale)`, found].join('\n');
  const rows = standardMargins.map(({ family }) => {
    const margin = margins?.[family] ?? relativeMargin;
    const powers = shownSpreads.map((spread) => powerOf({ seeds, spread, margin, confidence }));
    const values = powers.map(
      ({ spread, reproducedFromOneRun, reproduced, smallestBias }) =>
        `sd ${percent(spread)}: ${reproducedFromOneRun.toFixed(2)} (${reproduced.toFixed(2)}), ${percent(smallestBias)}`,
    );
    return `  ${`${family}, margin ${percent(margin)}`.padEnd(24)}${values.join('; ')}`;
  });
  return [
    `Power of ${seedsText(seeds)}: by the sd over seeds, the probability of "reproduced" without bias if the published value is one run (if it is`,
    `the mean), and the smallest bias that is called worse in ${percent(wantedPower)}`,
    ...rows,
    found,
  ].join('\n');
}

/** How many seeds settle a margin at a spread, with what they cost. */
export interface Settling {
  /** Where the spread is from: `as given`, or a recipe, score and seeds of a pilot. */
  readonly from: string;
  readonly spread: number;
  /** Null where no number up to fifty does. */
  readonly seeds: number | null;
  readonly cost: readonly { readonly recipeId: string; readonly deviceSeconds: number | null }[];
}

/**
 * @param pilot the spreads of a pilot run, each of which plans the seeds of its own recipe; or one spread for all recipes
 * @param cells what one seed of each recipe costs
 */
export function settlingOf(
  margin: number,
  confidence: number,
  pilot: readonly PilotSpread[] | number,
  cells: Settling['cost'],
): Settling[] {
  const settled = (from: string, spread: number, recipes: Settling['cost']): Settling => {
    const seeds = seedsToSettle({ spread, margin, confidence });
    const times = (seconds: number | null): number | null =>
      seconds === null || seeds === null ? null : seeds * seconds;
    const cost = recipes.map(({ recipeId, deviceSeconds }) => ({ recipeId, deviceSeconds: times(deviceSeconds) }));
    return { from, spread, seeds, cost };
  };
  if (typeof pilot === 'number') return [settled('as given', pilot, cells)];
  return pilot.map(({ recipeId, score, seeds, spread }) =>
    settled(
      `${recipeId}, ${score}, ${seedsText(seeds)}`,
      spread,
      cells.filter((cell) => cell.recipeId === recipeId),
    ),
  );
}

export function settlingText(margin: number, settlings: readonly Settling[]): string {
  const lines = settlings.map(({ from, spread, seeds, cost }) => {
    const head = `  ${from}, sd ${percent(spread)}: `;
    if (seeds === null) return `${head}no number up to 50: the published value is one run and scatters too far itself`;
    const costs = cost.flatMap(({ recipeId, deviceSeconds }) =>
      deviceSeconds === null ? [] : [`${recipeId} ${formatDuration(deviceSeconds)}`],
    );
    return `${head}${[seedsText(seeds), ...costs].join(', ')}`;
  });
  return [
    `Seeds by which a margin of ${percent(margin)} is reproduced in ${percent(wantedPower)} without bias, the published value being one run`,
    ...lines,
    '  A spread over few seeds is itself uncertain: over three, the true one may be four times as large.',
  ].join('\n');
}

function seedsText(count: number): string {
  return count === 1 ? '1 seed' : `${count} seeds`;
}

function percent(share: number): string {
  return `${Number(significant(100 * share, 2))} %`;
}
