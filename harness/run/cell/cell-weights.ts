/** @file Provides the weights that a cell samples and scores: trained here, or read from a file. */
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { DataError, PlanError, described } from '../../core/errors.ts';
import { disposeTree } from '../../engine/ops.ts';
import { writeMoment } from '../../evaluate/grid-file.ts';
import { scoreCurvePoint } from '../../evaluate/curve.ts';
import { flatShape } from '../../network/flat.ts';
import { writeOwnWeights } from '../../network/weights/own-file.ts';
import { loadWeights } from '../../network/weights/read.ts';
import { planFileName } from '../../plan/plan-file.ts';
import { lastGridLevels } from '../../plan/resolve.ts';
import type { GivenWeights } from '../../plan/types.ts';
import type { WeightsPart } from '../../recipe/weights-part.ts';
import { weightsFileName } from '../../results/origin/committed-weights.ts';
import { EventLog } from '../../system/event-log.ts';
import { sha256OfFile } from '../../system/files/file-hash.ts';
import { eventsFileName, type TrainEvent } from '../../train/events.ts';
import { train, type Trained } from '../../train/loop.ts';
import { storedParameters } from '../../train/state.ts';
import type { StepInputs, StepMetrics } from '../../train/step.ts';
import type { FurtherSteps } from '../../train/watch/waiting.ts';
import type { CellOptions } from './cell-options.ts';
import { openDistance } from './distance.ts';
import type { Request } from './ranks/request.ts';
import type { Cell } from './open-cell.ts';

/** Freed with the cell. */
export interface CellWeights {
  /** float32[totalRows,16] */
  readonly flat: tf.Tensor;
  /** More steps of the training, for measuring their speed; null where nothing is trained. */
  readonly furtherSteps: FurtherSteps | null;
}

/**
 * @throws CheckpointedExit when a stop was asked for
 * @throws DivergenceError when a value of training is not finite
 * @throws DataError when given weights are not the planned ones, or do not hold the recipe's network
 */
export function cellWeights(cell: Cell): Promise<CellWeights> {
  return cell.plan.weights ? givenWeights(cell, cell.plan.weights) : trainedWeights(cell);
}

async function trainedWeights(cell: Cell): Promise<CellWeights> {
  const { plan, source, folder, layout, closing } = cell;
  const trained = await trainCell(cell);
  closing.add(trained.step, (step) => step.dispose());
  const { samplingEma } = closing.add(trained.step.read(), disposeTree);
  writeOwnWeights(join(folder, weightsFileName), storedParameters(layout, samplingEma.dataSync() as Float32Array), {
    plan: plan.fingerprint,
    ...(source && { data: source.contentHash }),
    weights: 'sampling-ema',
    recipe: plan.recipe.id,
    gridLevels: String(lastGridLevels(plan)),
  });
  return { flat: samplingEma, furtherSteps: furtherSteps(cell, trained) };
}

async function trainCell(cell: Cell): Promise<Trained<Cell['progress']['scores'][number]>> {
  const { plan, source, folder, options } = cell;
  if (!source) throw new Error('training needs the images of its data set');
  return train({
    plan,
    source,
    network: cell.network,
    layout: cell.layout,
    distance: await openDistance(plan, cell.output),
    checkpointFolder: join(folder, 'checkpoints'),
    events: new EventLog<TrainEvent>(join(folder, eventsFileName)),
    clock: cell.clock,
    output: cell.output,
    score: async (step, samplingEma) => {
      const scores = await scoreCurvePoint(cell, step, samplingEma, (images) => {
        if (step < plan.asRun.steps) writeMoment(plan, folder, step, images);
      });
      options.ranks?.team.tell({ goOn: true } satisfies Request);
      return scores;
    },
    stopRequested: options.stopRequested,
    replayCommand: options.command,
    ...(options.computing && { openStep: options.computing.openStep }),
    ...(options.ranks && { ranks: options.ranks }),
    onProgress: (progress) => (cell.progress = progress),
  });
}

function furtherSteps({ plan, options }: Cell, { step, inputsOf }: Trained<unknown>): FurtherSteps {
  const { ranks } = options;
  const stepOf = (k: number): number => k % plan.asRun.steps;
  const inputs = (k: number): StepInputs => inputsOf(stepOf(k));
  const begin = (k: number): StepMetrics => {
    ranks?.team.tell({ step: stepOf(k) } satisfies Request);
    const made = inputs(k);
    const metrics = ranks ? ranks.together(() => step.run(made)) : step.run(made);
    disposeTree(made);
    return metrics;
  };
  return { inputs, begin };
}

async function givenWeights(cell: Cell, given: GivenWeights): Promise<CellWeights> {
  const path = await givenFile(cell.options, given);
  return { flat: weightsOfFile(cell, path, given.part), furtherSteps: null };
}

/** Where the given weights lie. @throws PlanError when no file is named; DataError when it is not the planned one */
export async function givenFile(options: CellOptions, given: GivenWeights): Promise<string> {
  const path = requirePath(options, given);
  await requirePlanned(path, given);
  return path;
}

/** The weights of a file on the device, freed with the cell. @throws DataError when it does not hold the recipe's network */
export function weightsOfFile({ plan, layout, closing }: Cell, path: string, part?: WeightsPart): tf.Tensor {
  const values = loadWeights(path, plan.recipe, layout, part);
  return closing.add(tf.tensor2d(values, flatShape(layout)), disposeTree);
}

function requirePath({ weights, folder }: CellOptions, { file }: GivenWeights): string {
  if (weights !== undefined) return weights;
  throw new PlanError({
    where: join(folder, planFileName),
    got: described(`a plan for the weights of ${file}, and no file`),
    expected: 'the file',
    remedy: 'Name it with --weights',
  });
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
