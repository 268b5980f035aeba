/** @file The first steps of a plan again, here: their digests and the circumstances. */
import { engineFacts, type Engine } from '../../engine/engine.ts';
import type { Plan } from '../../plan/types.ts';
import { collectMachine } from '../../results/origin/machine.ts';
import { collectProvenance } from '../../results/origin/provenance.ts';
import type { Output } from '../../system/progress.ts';
import { trainProof } from '../training.ts';
import type { RecordedRun } from './replay.ts';

/**
 * @param root of the checkout
 * @param data file or folder of images in place of what would be downloaded
 * @throws DataError when the images cannot be opened
 */
export async function runAgain(
  engine: Engine,
  plan: Plan,
  {
    steps,
    root,
    output,
    data,
  }: { readonly steps: number; readonly root: string; readonly output: Output; readonly data?: string },
): Promise<RecordedRun> {
  const { digests } = await trainProof(engine, plan, {
    scored: false,
    steps,
    output,
    ...(data !== undefined && { data }),
  });
  return {
    circumstances: { plan, machine: collectMachine(engineFacts(engine)), provenance: collectProvenance(root, []) },
    digests,
  };
}
