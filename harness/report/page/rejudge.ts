/** @file The script that travels in the page, and the rows it judges. */
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { evidenceFor, seedValues } from '../../judge/evidence.ts';
import { parseMetric } from '../../score/metric.ts';
import type { Claim } from '../../recipe/claim.ts';
import type { RejudgeData } from './browser/rejudge.ts';
import type { ReportContext } from '../sections/context.ts';
import { recipeLabel, samplerText } from '../words/numbers.ts';

/** The verdict code of this project as one script for a browser. */
export function rejudgeScript(): string {
  const { outputFiles } = buildSync({
    entryPoints: [join(import.meta.dirname, 'browser', 'rejudge.ts')],
    bundle: true,
    write: false,
    minify: true,
    format: 'iife',
    target: 'es2022',
    legalComments: 'none',
    logLevel: 'silent',
  });
  return outputFiles[0]!.text.trim();
}

export function rejudgeData(context: ReportContext, claims: readonly Claim[]): RejudgeData {
  const { run, recipes, columns, seeds, dataset } = context;
  return {
    seeds,
    minimumSeeds: run.registration.judgement.minimumSeeds,
    recipes: recipes.map(({ id, label }) => ({ id, label })),
    columns: columns
      .filter(({ notComparable }) => notComparable.length === 0)
      .map((column) => ({
        title: `${column.kind.title}, ${samplerText(column.nfe)}`,
        better: column.kind.better,
        values: Object.fromEntries(recipes.map(({ id }) => [id, seedValues(column, id)])),
      })),
    claims: claims.flatMap((claim) => {
      const evidence = evidenceFor(claim, run);
      if (evidence.kind !== 'measured') return [];
      const title = parseMetric(claim.metric).title;
      return [
        { label: `${recipeLabel(claim.recipeId, dataset)}, ${title}, ${samplerText(claim.nfe)}`, claim, evidence },
      ];
    }),
  };
}
