/** @file Real kills at random moments: whatever the moment, the cell that is gone on with equals the undisturbed one. */
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { systemClock } from '../../harness/core/clock.ts';
import { runCellKilled } from '../../harness/verify/cell-process.ts';
import { proveKills } from '../../harness/verify/kills.ts';
import { holds, proofText } from '../../harness/verify/proof.ts';
import { proofPlan } from '../../harness/verify/proof-plan.ts';
import { recipes } from '../../recipes/index.ts';

const script = resolve(import.meta.dirname, '../../scripts/verify/cell.ts');
const plan = proofPlan({ recipe: recipes['shapes-ct']!, seed: 1, engine: { device: 'cpu' }, steps: 24 });

const request = {
  plan,
  subject: 'x',
  cellProcess: (folder: string): [string, ...string[]] => [
    process.execPath,
    ...['--import', import.meta.resolve('tsx'), script, folder],
  ],
  times: 2,
  seed: 1,
  clock: systemClock,
};

it('a process group that is killed goes on to the same end; a moment that comes too late is no kill', async () => {
  let first = true;
  const killed: typeof runCellKilled = (command, afterMs) => {
    if (!first) return runCellKilled(command, afterMs);
    first = false;
    return Promise.resolve(false);
  };
  const proof = await proveKills({ ...request, killed });
  const kills = proof.comparisons.map(({ what }) => Number(/^killed (\d+) times/.exec(what)![1]));
  expect(kills.reduce((sum, one) => sum + one, 0)).toBe(2);
  expect(kills).not.toContain(0);
  expect(proof.kills).toEqual({ struck: 2, asked: 2 });
  expect(proof.comparisons.map(({ difference }) => difference)).toEqual(proof.comparisons.map(() => null));
  expect(proofText(proof)).toContain('\n2 of 2 kills struck a process at work.\n');
});

it('kills that never strike prove nothing', () => {
  expect(holds({ comparisons: [], kills: { struck: 0, asked: 2 } })).toBe(false);
  expect(holds({ comparisons: [], kills: { struck: 2, asked: 2 } })).toBe(true);
});
