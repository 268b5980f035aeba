/** @file Published numbers that judge nothing: other works on the same data, and the papers' machines. */
import type { PublishedMachines, PublishedNumber } from '../../recipe/claim.ts';
import { parseMetric } from '../../score/metric.ts';
import { samplerText } from '../words/numbers.ts';
import { publishedText, sourceText } from './claims.ts';
import type { ReportContext } from './context.ts';

export interface OtherWorkRow {
  readonly work: string;
  readonly metric: string;
  readonly sampler: string;
  readonly value: string;
  readonly selection: string;
  readonly source: string;
}

/** Other works on the data of the run: context, not judged. */
export function otherWorkRows({ dataset }: ReportContext, numbers: readonly PublishedNumber[]): OtherWorkRow[] {
  return numbers
    .filter((number) => number.dataset === dataset)
    .map((number) => ({
      work: number.work,
      metric: parseMetric(number.metric).title,
      sampler: samplerText(number.nfe),
      value: publishedText(number),
      selection: number.selection,
      source: sourceText(number),
    }));
}

export interface MachinesRow {
  readonly recipe: string;
  readonly machines: string;
  readonly hours: string;
  readonly source: string;
}

/** What is published about the machines of the run's recipes. */
export function publishedMachineRows(
  { recipes }: ReportContext,
  published: readonly PublishedMachines[],
): MachinesRow[] {
  return recipes.flatMap(({ id, label }) =>
    published
      .filter(({ recipeId }) => recipeId === id)
      .map(({ machines, hours, source, confidence }) => ({
        recipe: label,
        machines,
        hours: hours === null ? 'hours not published' : `${hours} hours`,
        source: sourceText({ source, confidence }),
      })),
  );
}
