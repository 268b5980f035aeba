/**
 * @file Follows rank 0 of a cell: computes a share of every step and of all samples, writes nothing.
 *
 * Rank 0 scores, checkpoints and reports; meanwhile the others wait.
 */
import { join } from 'node:path';
import type * as tf from '@tensorflow/tfjs-core';
import { openDistance } from '../distance.ts';
import { disposeTree } from '../../../engine/ops.ts';
import { cellSampler } from '../../../evaluate/draw.ts';
import { parameterLayout } from '../../../network/flat.ts';
import { buildNetwork } from '../../../network/network.ts';
import type { Plan } from '../../../plan/types.ts';
import type { Ranks } from '../../../ranks/join.ts';
import { Closing } from '../../../system/closing.ts';
import { silence } from '../../../system/progress.ts';
import { train } from '../../../train/loop.ts';
import type { CellOptions } from '../cell-options.ts';
import { sampleShare, type Request } from './shared-sampling.ts';

/** Takes part in the training of a cell until rank 0 has its result. @throws as `train` */
export async function followCell(
  { folder, openSource, clock, output, stopRequested, command }: Omit<CellOptions, 'ranks'>,
  plan: Plan,
  ranks: Ranks,
): Promise<void> {
  using closing = new Closing();
  const source = closing.add(await openSource(plan), (opened) => opened.close());
  const { network, parameters } = buildNetwork(plan.recipe, plan.engine);
  const layout = parameterLayout(parameters);
  const sampler = closing.add(cellSampler(plan, layout, network), (opened) => opened.dispose());
  const imageNumbers = 3 * plan.recipe.network.resolution ** 2;
  /** Does what rank 0 asks until it asks for no more. */
  const serve = async (weights: tf.Tensor, takeStep?: (k: number) => void): Promise<null> => {
    for (;;) {
      const request = (await ranks.team.hear()) as Request;
      if ('sample' in request) sampleShare(sampler, ranks, imageNumbers, weights, request.sample);
      else if ('step' in request) takeStep?.(request.step);
      else return null;
    }
  };
  const { step, inputsOf } = await train({
    plan,
    source,
    network,
    layout,
    distance: await openDistance(plan, output),
    checkpointFolder: join(folder, 'checkpoints'),
    events: { append: () => undefined },
    ranks,
    clock,
    output: silence,
    score: (_step, samplingEma) => serve(samplingEma),
    stopRequested,
    replayCommand: command,
  });
  closing.add(step, (opened) => opened.dispose());
  const { samplingEma } = closing.add(step.read(), disposeTree);
  await serve(samplingEma, (k) => {
    const inputs = inputsOf(k);
    ranks.together(() => step.run(inputs)).dispose();
    disposeTree(inputs);
  });
}
