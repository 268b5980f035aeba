/** @file Builds the page's script, and the data that it judges. */
import { join } from 'node:path';
import { seedValues } from '../../judge/evidence.ts';
import type { JudgedClaim } from '../../judge/papers.ts';
import { parseMetric } from '../../score/metric.ts';
import { bundledScript } from './bundle.ts';
import type { RejudgeData } from './browser/rejudge.ts';
import type { ReportContext } from '../sections/context.ts';
import { samplerText } from '../words/numbers.ts';

/** The script of a report's page, the verdict code of this project in it. */
export function pageScript(): string {
  return bundledScript(join(import.meta.dirname, 'browser', 'page.ts'));
}

export function rejudgeData(context: ReportContext, claims: readonly JudgedClaim[]): RejudgeData {
  const { run, recipes, columns, seeds } = context;
  return {
    seeds,
    judgement: run.registration.judgement,
    recipes: recipes.map(({ id, label }) => ({ id, label })),
    columns: columns
      .filter(({ notComparable }) => notComparable.length === 0)
      .map((column) => ({
        title: `${column.kind.title}, ${samplerText(column.nfe)}`,
        better: column.kind.better,
        values: Object.fromEntries(recipes.map(({ id }) => [id, seedValues(column, id)])),
      })),
    claims: claims.flatMap(({ claim, recipeId, evidence }) => {
      if (evidence.kind !== 'measured') return [];
      const { metric, value, better, bestOf, nfe } = claim;
      const recipe = recipes.find(({ id }) => id === recipeId)!.label;
      const label = `${recipe}, ${parseMetric(metric).title}, ${samplerText(nfe)}`;
      return [{ label, claim: { metric, value, better, bestOf }, evidence }];
    }),
  };
}
