/** @file A cell of weights that were trained elsewhere: they are read, checked, sampled and scored; nothing is trained. */
import * as tf from '@tensorflow/tfjs-core';
import { DataError } from '../core/errors.ts';
import { sha256OfFile } from '../system/file-hash.ts';
import { buildNetwork } from '../network/network.ts';
import { flatShape, parameterLayout } from '../network/flat.ts';
import { loadWeights } from '../network/weights/read.ts';
import type { GivenWeights, Plan } from '../plan/types.ts';
import type { Result } from '../results/schema.ts';
import { writeResult } from '../results/store.ts';
import type { CellOptions } from './cell-options.ts';
import { cellSampler, samplersOf, scoreFinal, type Evaluation } from '../evaluate/evaluation.ts';
import { draftOf, searchWarnings } from './draft.ts';
import { measureSampling } from './throughput.ts';

/**
 * @param path of the weights, this project's or the authors'
 * @throws DataError when the file is not the planned one, or does not hold the recipe's network
 */
export async function runSampledCell(
  options: CellOptions,
  plan: Plan & { readonly weights: GivenWeights },
  path: string,
): Promise<Result> {
  const { folder, engine, clock, output, root, command } = options;
  const started = clock.now();
  await requirePlanned(path, plan.weights);
  const built = buildNetwork(plan.recipe, plan.engine);
  const layout = parameterLayout(built.parameters);
  const values = loadWeights(path, plan.recipe, layout, plan.weights.part);
  const source = plan.recipe.data.dataset === 'shapes' ? await options.openSource(plan) : null;
  const opened = await options.openScorer({ plan, engine, source, output, clock });
  const scorer = 'score' in opened ? opened : null;
  const weights = tf.tensor2d(values, flatShape(layout));
  const sampler = cellSampler(plan, layout, built.network);
  try {
    const samplers = await samplersOf(plan, sampler, scorer, weights);
    const evaluation: Evaluation = { plan, sampler, scorer, samplers };
    const final = await scoreFinal(evaluation, weights, folder, output, clock);
    const throughput = await measureSampling(evaluation, weights, clock);
    const warnings = [...('score' in opened ? [] : [opened]), ...searchWarnings(plan, scorer), ...final.warnings];
    return writeResult(folder, {
      ...draftOf({ plan, engine, root, command, loss: [], scores: final.scores, warnings }),
      status: 'done',
      failure: null,
      progress: { steps: 0, images: 0 },
      curves: [],
      throughput,
      files: final.files,
      time: { trainSeconds: 0, pauseSeconds: 0, programSeconds: (clock.now() - started) / 1000 },
    });
  } finally {
    sampler.dispose();
    weights.dispose();
    scorer?.close();
    source?.close();
  }
}

async function requirePlanned(path: string, { file, sha256 }: GivenWeights): Promise<void> {
  const found = await sha256OfFile(path);
  if (found === sha256) return;
  throw new DataError({
    where: path,
    got: found,
    expected: `sha256 ${sha256}, that of ${file} when the cell was planned`,
    remedy: 'Bring the file back, or give the run with the new one a name of its own with --name',
  });
}
