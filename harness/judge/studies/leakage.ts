/** @file Judges how far a recipe trained through a network leads more in that network's features. */
import type { Run } from '../../results/run.ts';
import { controlColumns, scoreColumns, seedValues, type ScoreColumn } from '../evidence.ts';
import { summarise, type Interval } from '../statistics.ts';

/** A recipe whose distance does not look through the network, beside one whose distance does. */
interface Leakage {
  readonly recipeId: string;
  /** Seeds with all four scores. */
  readonly seeds: number;
  /** Above 1, the recipe trained through the network leads by so much more in its own features. */
  readonly factor: number;
  /** Of the factor, by seeds; null with one. */
  readonly interval: Interval | null;
}

/** One sampler of a run. */
export interface LeakageColumn {
  readonly judged: ScoreColumn;
  readonly control: ScoreColumn;
  /** The first recipe of the run whose distance looks through the network. */
  readonly through: string;
  /** Every recipe whose distance does not and that shares a seed with the first. */
  readonly others: readonly Leakage[];
}

/**
 * With c the scores in the features that the distance looks through and s those that recipes are judged by, of recipes o (trained otherwise) and p
 * (trained through them) at equal seeds: factor = (c_o / c_p) / (s_o / s_p), the geometric mean over seeds with the t-interval of its logarithm.
 * A factor of 1 is a lead that does not depend on who looks. What the distance leaks into its own features bounds what it can leak into those of
 * another network.
 */
export function judgeLeakage(run: Run): LeakageColumn[] {
  const looks = new Set(
    run.ledger.flatMap(({ recipeId, result }) =>
      result?.plan.recipe.method.distance.kind === 'perceptual' ? [recipeId] : [],
    ),
  );
  const ids = run.registration.recipes.map(({ id }) => id);
  const through = ids.find((id) => looks.has(id));
  if (through === undefined) return [];
  const judgedColumns = scoreColumns(run);
  return controlColumns(run).flatMap((control) => {
    const judged = judgedColumns.find(({ nfe }) => nfe === control.nfe);
    if (!judged || [control, judged].some(({ notComparable }) => notComparable.length > 0)) return [];
    const others = ids
      .filter((id) => !looks.has(id))
      .flatMap((id) => leakageOf(id, through, { judged, control }, run.registration.judgement.confidence) ?? []);
    return [{ judged, control, through, others }];
  });
}

function leakageOf(
  recipeId: string,
  through: string,
  { judged, control }: Pick<LeakageColumn, 'judged' | 'control'>,
  confidence: number,
): Leakage | null {
  const leads = [judged, control].map((column) => leadBySeed(column, recipeId, through));
  const pairs = [...leads[0]!].flatMap(([seed, ofJudged]) => {
    const ofControl = leads[1]!.get(seed);
    return ofControl === undefined ? [] : [[ofJudged, ofControl] as const];
  });
  if (pairs.length === 0) return null;
  const { mean, interval } = summarise(
    pairs.map(([ofJudged, ofControl]) => ofControl - ofJudged),
    confidence,
  );
  return {
    recipeId,
    seeds: pairs.length,
    factor: Math.exp(mean),
    interval: interval && { confidence, low: Math.exp(interval.low), high: Math.exp(interval.high) },
  };
}

/** ln (score of the recipe / score of the other) by seed; seeds where either is not positive have none. */
function leadBySeed(column: ScoreColumn, recipeId: string, through: string): Map<number, number> {
  const others = new Map(seedValues(column, through).map(({ seed, value }) => [seed, value]));
  return new Map(
    seedValues(column, recipeId).flatMap(({ seed, value }) => {
      const other = others.get(seed);
      return other !== undefined && other > 0 && value > 0 ? [[seed, Math.log(value / other)] as const] : [];
    }),
  );
}
