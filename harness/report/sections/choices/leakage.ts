/** @file Table of what the distance of a recipe leaks into the features that it looks through. */
import { seedValues, type ScoreColumn } from '../../../judge/evidence.ts';
import { judgeLeakage } from '../../../judge/studies/leakage.ts';
import { meanOf } from '../../../judge/statistics.ts';
import { intervalText, percentText, samplerText, scoreText } from '../../words/numbers.ts';
import type { ReportContext } from '../context.ts';

export interface LeakageTable {
  readonly about: string;
  readonly rows: readonly {
    readonly sampler: string;
    readonly recipe: string;
    readonly judged: string;
    readonly control: string;
    /** Beside the recipe that was trained through the network; a dash in its own row. */
    readonly factor: string;
    readonly count: string;
  }[];
}

/** Null where no recipe of the run was trained through a network that its samples were scored with too. */
export function leakageTable(context: ReportContext): LeakageTable | null {
  const { run, recipes, seeds } = context;
  const columns = judgeLeakage(run);
  const [first] = columns;
  if (!first) return null;
  const labelOf = (id: string): string => recipes.find((recipe) => recipe.id === id)!.label;
  const mean = (column: ScoreColumn, id: string): string =>
    scoreText(meanOf(seedValues(column, id).map(({ value }) => value)));
  const { confidence } = run.registration.judgement;
  const through = labelOf(first.through);
  return {
    about: `The distance of ${through} looks through the shapes encoder, and the same samples are scored in the features of that network too (${first.control.kind.title}; no FID, and nothing is judged by it). The factor says how many times larger the lead of ${through} over a recipe is there than in ${first.judged.kind.title}: the geometric mean over seeds with its ${percentText(confidence)} t-interval. About 1, the distance flatters not even its own features; what it leaks into another network's is less.`,
    rows: columns.flatMap(({ judged, control, through: own, others }) => {
      const shared = { sampler: samplerText(judged.nfe) };
      const scores = (id: string) => ({ recipe: labelOf(id), judged: mean(judged, id), control: mean(control, id) });
      return [
        { ...shared, ...scores(own), factor: '\u2013', count: `${seedValues(control, own).length} of ${seeds.length}` },
        ...others.map(({ recipeId, factor, interval, seeds: count }) => ({
          ...shared,
          ...scores(recipeId),
          factor: `${factor.toFixed(2)}${interval ? ` (${intervalText(interval, (bound) => bound.toFixed(2))})` : ''}`,
          count: `${count} of ${seeds.length}`,
        })),
      ];
    }),
  };
}
