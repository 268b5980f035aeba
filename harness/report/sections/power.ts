/** @file Table of the power of the registered seeds: the probability of a verdict, before the run. */
import { powerOf, shownSpreads, smallestDifference } from '../../judge/power.ts';
import { standardMargins, marginOf } from '../../results/judgement.ts';
import { parseMetric } from '../../score/metric.ts';
import { percentText } from '../words/numbers.ts';
import type { ReportContext } from './context.ts';

export interface PowerTable {
  readonly seeds: string;
  readonly rows: readonly {
    readonly metric: string;
    readonly spread: string;
    readonly reproduced: string;
    readonly reproducedFromOneRun: string;
    readonly smallestBias: string;
  }[];
  /** The difference of two recipes that is found four times out of five. */
  readonly difference: string;
}

/** Null for one seed, which never yields a verdict. */
export function powerTable({ run, seeds }: ReportContext): PowerTable | null {
  const { judgement } = run.registration;
  if (seeds.length < Math.max(2, judgement.minimumSeeds)) return null;
  const families = standardMargins.filter(({ family }) => judgement.margins !== undefined || family === 'fid');
  return {
    seeds: String(seeds.length),
    rows: families.flatMap(({ family }) =>
      shownSpreads.map((spread) => {
        const margin = marginOf(judgement, `${family}50k`);
        const power = powerOf({ seeds: seeds.length, spread, margin, confidence: judgement.confidence });
        return {
          metric: `${parseMetric(`${family}50k`).title} \u00b1 ${percentText(margin)}`,
          spread: percentText(spread),
          reproduced: power.reproduced.toFixed(2),
          reproducedFromOneRun: power.reproducedFromOneRun.toFixed(2),
          smallestBias: percentText(Number(power.smallestBias.toPrecision(2))),
        };
      }),
    ),
    difference: smallestDifference(seeds.length, judgement.confidence).toFixed(1),
  };
}
