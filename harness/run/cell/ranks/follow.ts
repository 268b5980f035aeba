/**
 * @file Follows rank 0 of a cell: computes a share of steps, samples and features.
 *
 * It writes nothing: rank 0 checkpoints and reports, and meanwhile the others wait.
 */
import { join } from 'node:path';
import type * as tf from '@tensorflow/tfjs-core';
import { openDistance } from '../distance.ts';
import { formatCount } from '../../../core/units.ts';
import { disposeTree } from '../../../engine/ops.ts';
import { cellSampler } from '../../../evaluate/draw.ts';
import type { OpenExtractor } from '../../../evaluate/scorer.ts';
import type { FeatureExtractor } from '../../../metrics/features/extractor.ts';
import { parameterLayout } from '../../../network/flat.ts';
import { buildNetwork } from '../../../network/network.ts';
import type { Plan } from '../../../plan/types.ts';
import type { Ranks } from '../../../ranks/join.ts';
import { Closing } from '../../../system/closing.ts';
import { silence } from '../../../system/progress.ts';
import { train } from '../../../train/loop.ts';
import type { CellOptions } from '../cell-options.ts';
import type { Request } from './request.ts';
import { extractShare, imagesOf } from './shared-features.ts';
import { sampleShare } from './shared-sampling.ts';

export interface FollowOptions extends Omit<CellOptions, 'ranks' | 'openScorer'> {
  readonly openExtractor: OpenExtractor;
}

/** What a rank has to serve with at a place of the program. */
interface Able {
  readonly weights?: tf.Tensor;
  readonly takeStep?: (k: number) => void;
}

/** Takes part in a cell until rank 0 has its result. @throws as `train`, and as `OpenExtractor` */
export async function followCell(options: FollowOptions, plan: Plan, ranks: Ranks): Promise<void> {
  const { folder, engine, openSource, openExtractor, clock, output, stopRequested, command } = options;
  using closing = new Closing();
  const source = closing.add(await openSource(plan), (opened) => opened.close());
  const { network, parameters } = buildNetwork(plan.recipe, plan.engine);
  const layout = parameterLayout(parameters);
  const sampler = closing.add(cellSampler(plan, layout, network), (opened) => opened.dispose());
  const extractors = new Map<number, FeatureExtractor>();
  const imageNumbers = 3 * plan.recipe.network.resolution ** 2;
  let rows = 0;
  /** Does what rank 0 asks until it asks for no more. */
  const serve = async ({ weights, takeStep }: Able): Promise<'goes on' | 'ends'> => {
    for (;;) {
      const request = (await ranks.team.hear()) as Request;
      if ('open' in request) {
        const opened = await openExtractor(request.open, { plan, engine, output, clock });
        extractors.set(
          request.open.number,
          closing.add(opened, (extractor) => extractor.close()),
        );
      } else if ('extract' in request) {
        const extractor = extractors.get(request.extract.number)!;
        extractShare(extractor, ranks, request.extract);
        rows += imagesOf(ranks.team.rank, extractor.batchImages, request.extract.images);
      } else if ('sample' in request) {
        sampleShare(sampler, ranks, imageNumbers, weights!, request.sample);
      } else if ('step' in request) takeStep?.(request.step);
      else return 'end' in request ? 'ends' : 'goes on';
    }
  };
  if ((await serve({})) === 'ends') return;
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
    score: (_step, weights) => serve({ weights }),
    stopRequested,
    replayCommand: command,
  });
  closing.add(step, (opened) => opened.dispose());
  const { samplingEma: weights } = closing.add(step.read(), disposeTree);
  const takeStep = (k: number): void => {
    const inputs = inputsOf(k);
    ranks.together(() => step.run(inputs)).dispose();
    disposeTree(inputs);
  };
  await serve({ weights, takeStep });
  output.write(`${ranks.team.nameOf(ranks.team.rank)}: extracted ${formatCount(rows)} rows of features for rank 0\n`);
}
