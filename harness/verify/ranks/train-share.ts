/** @file Trains a rank's share of a plan, alone or with others, without sampling. */
import { join } from 'node:path';
import { systemClock } from '../../core/clock.ts';
import { CheckpointedExit } from '../../core/errors.ts';
import { parameterLayout } from '../../network/flat.ts';
import { buildNetwork } from '../../network/network.ts';
import { planFileName, readPlan } from '../../plan/plan-file.ts';
import type { Ranks } from '../../ranks/join.ts';
import { openDistance } from '../../run/cell/distance.ts';
import { Closing } from '../../system/closing.ts';
import { silence } from '../../system/progress.ts';
import { train } from '../../train/loop.ts';
import { proofInputs } from '../proof-inputs.ts';

export interface TrainShare {
  /** Holds the plan; checkpoints are written there by rank 0. */
  readonly folder: string;
  /** Absent: the process trains alone. */
  readonly ranks?: Ranks;
  /** Stops after so many steps with a checkpoint; by default at the end of the plan. */
  readonly stopAfter?: number;
  /** Called after each step of this process with how many it has taken. */
  readonly afterStep?: (taken: number) => void;
}

/** Trains from the newest checkpoint in the folder, which ends with one. */
export async function trainShare({ folder, ranks, stopAfter, afterStep }: TrainShare): Promise<void> {
  const plan = readPlan(join(folder, planFileName));
  using closing = new Closing();
  const { openSource } = proofInputs(silence);
  const source = closing.add(await openSource(plan), (opened) => opened.close());
  const { network, parameters } = buildNetwork(plan.recipe, plan.engine);
  let taken = 0;
  try {
    const { step } = await train<null>({
      plan,
      source,
      network,
      layout: parameterLayout(parameters),
      distance: await openDistance(plan, silence),
      checkpointFolder: join(folder, 'checkpoints'),
      events: { append: () => undefined },
      clock: systemClock,
      output: silence,
      score: () => Promise.resolve(null),
      stopRequested: () => {
        taken += 1;
        afterStep?.(taken);
        return taken === stopAfter;
      },
      replayCommand: 'npm run verify -- ranks',
      ...(ranks && { ranks }),
    });
    step.dispose();
  } catch (thrown) {
    if (!(thrown instanceof CheckpointedExit)) throw thrown;
  }
}
