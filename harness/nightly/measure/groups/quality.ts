/** @file Quality rows: a cell of the twin, short, trained and scored at one seed. */
import { join } from 'node:path';
import { engineSettings } from '../../../plan/engine-settings.ts';
import { resolvePlan } from '../../../plan/resolve.ts';
import { runCell } from '../../../run/cell/cell.ts';
import { inTemporaryFolder } from '../../../system/files/files.ts';
import { parseMetric } from '../../../score/metric.ts';
import { placeProofCell } from '../../../verify/cell-process.ts';
import { proofInputs } from '../../../verify/proof-inputs.ts';
import type { Group, NightlyWork } from '../work.ts';

/** Rows `<group>-nfe1` and `<group>-nfe2`: fd-shapes of one-step and two-step samples. */
export function qualityGroup(name: keyof NightlyWork['quality']): Group {
  return ({ work, engine, seed, clock, output, root }) => {
    const { recipe, scale } = work.quality[name];
    const settings = engineSettings(recipe.tuning.batchImages, { device: engine.device }, recipe);
    const plan = resolvePlan({ recipe, scale, seed, engine: settings });
    return inTemporaryFolder('nightly-quality-', async (parent) => {
      const folder = placeProofCell(join(parent, 'cell'), plan);
      const command = 'npm run nightly';
      const stopRequested = () => false;
      const cell = { folder, engine, ...proofInputs(output), clock, output, stopRequested, root, command };
      const { scores } = await runCell(cell);
      return Object.fromEntries(
        scores
          .filter(({ metric }) => parseMetric(metric).judged)
          .map(({ nfe, value }) => [`${name}-nfe${nfe}`, { kind: 'quality' as const, score: value }]),
      );
    });
  };
}
