/** @file A rank for tests: trains its share of the plan in a folder, and misbehaves as it is told. */
import { join } from 'node:path';
import { systemClock } from '../../../harness/core/clock.ts';
import { openEngine } from '../../../harness/engine/engine.ts';
import { planFileName, readPlan } from '../../../harness/plan/plan-file.ts';
import { joinRanks } from '../../../harness/ranks/join.ts';
import { endWithLauncher } from '../../../harness/ranks/launch.ts';
import { worldOf } from '../../../harness/ranks/world.ts';
import { standardError } from '../../../harness/system/progress.ts';
import { trainShare } from '../../../harness/verify/ranks/train-share.ts';

/** What the rank `by` does after its second step. */
export interface Misbehaviour {
  readonly what: 'SIGKILL' | 'SIGSTOP' | 'throw' | 'other-plan' | 'other-state';
  readonly by: number;
}

endWithLauncher();
const [folder, misbehaviour] = process.argv.slice(2) as [string, string];
const { what, by } = JSON.parse(misbehaviour) as Misbehaviour;
const world = worldOf(process.env, 2);
const mine = world.rank === by;
const { fingerprint } = readPlan(join(folder, planFileName));
try {
  await openEngine({ device: 'cpu', threads: 1, deterministic: true, output: standardError() });
  const ranks = await joinRanks({
    world,
    withinSeconds: 60,
    timeoutSeconds: 4,
    allowPublic: false,
    clock: systemClock,
    facts: { plan: mine && what === 'other-plan' ? 'f'.repeat(64) : fingerprint },
  });
  const share = trainShare({
    folder,
    ranks,
    afterStep: (taken) => {
      if (taken === 2) standardError().write('two steps\n');
      if (!mine || taken !== 2) return;
      if (what === 'SIGKILL' || what === 'SIGSTOP') process.kill(process.pid, what);
      if (what === 'throw') throw new Error('the disk is full');
    },
  }).catch((thrown: unknown) => {
    ranks.team.fail((thrown as Error).message);
    throw thrown;
  });
  await share;
  await ranks.leave();
} catch (thrown) {
  standardError().write(`${(thrown as Error).message}\n`);
  process.exit((thrown as { exitCode?: number }).exitCode ?? 1);
}
