/** @file Images and scorer of a proof: those that a cell of the same plan has. */
import { systemClock } from '../core/clock.ts';
import { classesOf } from '../recipe/classes.ts';
import { openSource } from '../data/open.ts';
import { scorerWith } from '../evaluate/open.ts';
import type { CellOptions } from '../run/cell/cell-options.ts';
import { cacheFolder } from '../system/cache-folder.ts';
import type { Output } from '../system/progress.ts';

/** @param data file or folder in place of what would be downloaded */
export function proofInputs(output: Output, data?: string): Pick<CellOptions, 'openSource' | 'openScorer'> {
  const context = { cache: cacheFolder(), output, clock: systemClock };
  return {
    openSource: ({ recipe: { data: of, network } }) =>
      openSource(of.dataset, context, { networkClasses: classesOf(network), ...(data !== undefined && { data }) }),
    openScorer: scorerWith({}),
  };
}
