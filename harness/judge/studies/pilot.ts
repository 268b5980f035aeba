/** @file Reads the spread over seeds from a finished run, for planning a larger one. */
import { parseMetric } from '../../score/metric.ts';
import type { Run } from '../../results/run.ts';
import { scoreColumns, seedValues } from '../evidence.ts';
import { summarise } from '../statistics.ts';

export interface PilotSpread {
  readonly recipeId: string;
  /** `FID 50k, nfe 1`. */
  readonly score: string;
  readonly seeds: number;
  /** Standard deviation over seeds as a share of the mean. */
  readonly spread: number;
}

/** The spread of each recipe of a run in each score that two seeds or more have. */
export function pilotSpreads(run: Run): PilotSpread[] {
  const columns = scoreColumns(run).filter(({ notComparable }) => notComparable.length === 0);
  return run.registration.recipes.flatMap(({ id }) =>
    columns.flatMap((column): PilotSpread[] => {
      const values = seedValues(column, id).map(({ value }) => value);
      if (values.length < 2) return [];
      const { mean, sd } = summarise(values, run.registration.judgement.confidence);
      const score = `${parseMetric(column.kind.id).title}, nfe ${column.nfe}`;
      return [{ recipeId: id, score, seeds: values.length, spread: sd! / Math.abs(mean) }];
    }),
  );
}
