/** @file Real kills at random moments: whatever the moment, the cell that is gone on with equals the undisturbed one. */
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { systemClock } from '../../harness/core/clock.ts';
import { proveKills } from '../../harness/verify/kills.ts';
import { proofPlan } from '../../harness/verify/proof-plan.ts';
import { recipes } from '../../recipes/index.ts';

const script = resolve(import.meta.dirname, '../../scripts/verify/cell.ts');
const plan = proofPlan({ recipe: recipes['shapes-ct']!, seed: 1, engine: { device: 'cpu' }, steps: 24 });

it('a process group that is killed goes on to the same end', async () => {
  const proof = await proveKills({
    plan,
    subject: 'x',
    cellProcess: (folder) => [process.execPath, '--import', import.meta.resolve('tsx'), script, folder],
    times: 2,
    seed: 1,
    clock: systemClock,
  });
  const killed = proof.comparisons.map(({ what }) => Number(/^killed (\d+) times/.exec(what)![1]));
  expect(killed.reduce((sum, one) => sum + one, 0)).toBe(2);
  expect(proof.comparisons.map(({ difference }) => difference)).toEqual(proof.comparisons.map(() => null));
});
