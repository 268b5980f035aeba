/** @file Images and scorer of a proof: those that a cell of the same plan has. */
import { systemClock } from '../core/clock.ts';
import { classesOf } from '../recipe/classes.ts';
import { openSource } from '../data/open.ts';
import { scorerWith } from '../evaluate/open.ts';
import type { CellOptions } from '../run/cell/cell-options.ts';
import { cacheFolder } from '../system/cache-folder.ts';
import type { Output } from '../system/progress.ts';

export function proofInputs(output: Output): Pick<CellOptions, 'openSource' | 'openScorer'> {
  const context = { cache: cacheFolder(), output, clock: systemClock };
  return {
    openSource: ({ recipe: { data, network } }) =>
      openSource(data.dataset, context, { networkClasses: classesOf(network) }),
    openScorer: scorerWith({}),
  };
}
