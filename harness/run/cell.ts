/** @file One cell: recipe x seed from its plan to its result, in one process and one folder. Run again, it goes on where it stopped. */
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { DivergenceError, PlanError, described } from '../core/errors.ts';
import { EventLog } from '../system/event-log.ts';
import { requireWorkFolder } from '../system/writable-folder.ts';
import type { Warning } from '../core/warnings.ts';
import type { ImageSource } from '../data/source.ts';
import type { Engine } from '../engine/load.ts';
import { writeSafetensors } from '../formats/safetensors.ts';
import { buildNetwork } from '../network/network.ts';
import { parameterLayout } from '../network/flat.ts';
import { folderBytes } from '../plan/cost.ts';
import { planFileName, readPlan } from '../plan/plan-file.ts';
import type { GivenWeights, Plan } from '../plan/types.ts';
import { readResult, writeResult, type ResultDraft } from '../results/store.ts';
import type { Result } from '../results/schema.ts';
import type { Score } from '../score/score.ts';
import type { ImageDistance } from '../train/distance.ts';
import { train, type TrainEvent, type Trained, type TrainProgress } from '../train/loop.ts';
import { storedParameters } from '../train/state.ts';
import type { CellOptions } from './cell-options.ts';
import {
  cellSampler,
  curvesOf,
  samplersOf,
  scoreCurvePoint,
  scoreFinal,
  writeGrid,
  type CurveValue,
  type Evaluation,
} from '../evaluate/evaluation.ts';
import { openDistance } from './distance.ts';
import { heldOut } from '../evaluate/held-out.ts';
import { withMemoryAdvice } from './memory-advice.ts';
import { draftOf, searchWarnings } from './draft.ts';
import { runSampledCell } from './sampled-cell.ts';
import type { Scorer } from '../evaluate/scorer.ts';
import { measureSampling, measureThroughput } from './throughput.ts';

export const weightsFileName = 'weights.safetensors';

/**
 * Runs the cell of a folder with a `plan.json`; a cell that has a result is left as it is.
 * @throws CheckpointedExit when a stop was asked for
 * @throws DivergenceError after the result with status `diverged` was written
 */
export async function runCell(options: CellOptions): Promise<Result> {
  const { folder, output, clock } = options;
  const plan = readPlan(join(folder, planFileName));
  const finished = readResult(folder);
  if (finished) {
    output.write(`${plan.recipe.id} seed ${plan.seed}: done before, nothing to do\n`);
    return finished;
  }
  requireDevice(plan, options.engine);
  requireWorkFolder(folder, folderBytes(plan));
  if (plan.weights)
    return runSampledCell(options, { ...plan, weights: plan.weights }, requireWeightsPath(options, plan.weights));
  const started = clock.now();
  const source = await options.openSource(plan);
  const scorer = await options.openScorer({ plan, engine: options.engine, source, output, clock });
  const distance = await openDistance(plan, output);
  const cell = new Cell(options, {
    plan,
    source,
    distance,
    scorer: 'score' in scorer ? scorer : null,
    warnings: 'score' in scorer ? [] : [scorer],
  });
  try {
    return await cell.run(started);
  } finally {
    if ('score' in scorer) scorer.close();
    source.close();
  }
}

/** What a cell works with, opened. */
interface CellParts {
  readonly plan: Plan;
  readonly source: ImageSource;
  readonly distance: ImageDistance;
  readonly scorer: Scorer | null;
  readonly warnings: readonly Warning[];
}

class Cell {
  private readonly options: CellOptions;
  private readonly plan: Plan;
  private readonly source: ImageSource;
  private readonly warnings: Warning[];
  /** What the curve is scored with. */
  private readonly curve: Evaluation;
  private evaluation: Evaluation;
  private readonly built;
  private readonly layout;
  private readonly distance: ImageDistance;
  /** Progress of a run that diverged, for its result. */
  private watched: TrainProgress<CurveValue[]> | null = null;

  constructor(options: CellOptions, { plan, source, distance, scorer, warnings }: CellParts) {
    this.options = options;
    this.plan = plan;
    this.source = source;
    this.distance = distance;
    this.built = buildNetwork(plan.recipe, plan.engine);
    this.layout = parameterLayout(this.built.parameters);
    const sampler = cellSampler(plan, this.layout, this.built.network);
    const { levels, sampling } = plan.recipe;
    const { midSigma } = sampling;
    const one = [levels.sigmaMax];
    // Where the second level must be searched, that is done once, with the final weights.
    this.evaluation = { plan, sampler, scorer, samplers: midSigma === null ? [one] : [one, [...one, midSigma]] };
    this.curve = this.evaluation;
    this.warnings = [...warnings, ...dataWarnings(source), ...searchWarnings(plan, scorer)];
  }

  async run(started: number): Promise<Result> {
    const { folder, output, clock } = this.options;
    let trained: Trained<CurveValue[]>;
    try {
      trained = await this.train();
    } catch (thrown) {
      if (thrown instanceof DivergenceError) this.writeDiverged(thrown);
      throw withMemoryAdvice(this.plan, thrown);
    }
    const { progress } = trained;
    const state = trained.step.read();
    const weights = state.samplingEma;
    writeSafetensors(join(folder, weightsFileName), storedParameters(this.layout, weights.dataSync() as Float32Array), {
      plan: this.plan.fingerprint,
      weights: 'sampling-ema',
      recipe: this.plan.recipe.id,
    });
    const { sampler, scorer } = this.evaluation;
    this.evaluation = { ...this.evaluation, samplers: await samplersOf(this.plan, sampler, scorer, weights) };
    const final = await scoreFinal(this.evaluation, weights, folder, output, clock);
    const real = this.realGrid();
    const throughput = await this.measure(trained, weights);
    tf.dispose(Object.values(state) as tf.Tensor[]);
    trained.step.dispose();
    this.evaluation.sampler.dispose();
    const floor = (await this.evaluation.scorer?.floor(this.plan.asRun.curveImages)) ?? null;
    return writeResult(folder, {
      ...this.draft(progress, final.scores, [
        ...final.warnings,
        ...progress.resumes.map((fromStep): Warning => ({ kind: 'resumed', fromStep })),
      ]),
      status: 'done',
      failure: null,
      progress: { steps: this.plan.asRun.steps, images: this.plan.asRun.steps * this.plan.asRun.batchImages },
      curves: curvesOf(this.curve, progress.scores.flat(), floor),
      throughput,
      files: [...final.files, ...real],
      time: {
        trainSeconds: progress.trainSeconds,
        pauseSeconds: progress.pauseSeconds,
        programSeconds: Math.max(progress.programSeconds, (clock.now() - started) / 1000),
      },
    });
  }

  private train(): Promise<Trained<CurveValue[]>> {
    const { folder, clock, output, stopRequested, command } = this.options;
    return train({
      plan: this.plan,
      source: this.source,
      network: this.built.network,
      layout: this.layout,
      distance: this.distance,
      checkpointFolder: join(folder, 'checkpoints'),
      events: new EventLog<TrainEvent>(join(folder, 'events.jsonl')),
      clock,
      output,
      score: (step, samplingEma) => scoreCurvePoint(this.curve, step, samplingEma),
      stopRequested,
      replayCommand: command,
      onProgress: (progress) => (this.watched = progress),
    });
  }

  /** Real images for the eye, where the data set has images that training never sees; else the first of the training set. */
  private realGrid(): ResultDraft['files'][number][] {
    const images = 64;
    if (this.source.heldOutImages !== 'unlimited' && this.source.heldOutImages < images) return [];
    return [
      writeGrid(this.plan, this.options.folder, 'real.png', heldOut(this.source, 0, images), {
        kind: 'real',
        nfe: null,
        latents: null,
      }),
    ];
  }

  private async measure(trained: Trained<CurveValue[]>, weights: tf.Tensor): Promise<Result['throughput']> {
    const { clock } = this.options;
    const { asRun } = this.plan;
    let k = 0;
    const measured = [
      await measureThroughput(
        {
          what: 'train',
          nfe: null,
          batchImages: asRun.batchImages,
          iteration: () => {
            const inputs = trained.inputsOf(k++ % asRun.steps);
            const metrics = trained.step.run(inputs);
            metrics.dataSync();
            tf.dispose([Object.values(inputs) as tf.Tensor[], metrics]);
          },
        },
        clock,
      ),
    ];
    return [...measured, ...(await measureSampling(this.evaluation, weights, clock))];
  }

  private writeDiverged(error: DivergenceError): void {
    const progress = this.watched;
    if (!progress) return;
    const steps = progress.loss.at(-1)?.step ?? 0;
    writeResult(this.options.folder, {
      ...this.draft(progress, [], []),
      status: 'diverged',
      failure: { step: steps, message: error.message, exitCode: error.exitCode },
      progress: { steps, images: steps * this.plan.asRun.batchImages },
      curves: curvesOf(this.curve, progress.scores.flat(), null),
      throughput: [],
      files: [],
      time: {
        trainSeconds: progress.trainSeconds,
        pauseSeconds: progress.pauseSeconds,
        programSeconds: progress.programSeconds,
      },
    });
  }

  private draft(progress: TrainProgress<CurveValue[]>, scores: readonly Score[], warnings: readonly Warning[]) {
    const { engine, root, command } = this.options;
    const all = [...this.warnings, ...warnings];
    return draftOf({ plan: this.plan, engine, root, command, loss: progress.loss, scores, warnings: all });
  }
}

/** Data that are not known to be the published ones can carry no published claim. */
function dataWarnings({ origin }: ImageSource): Warning[] {
  return origin.published ? [] : [{ kind: 'unpublished-data', origin: origin.text }];
}

function requireWeightsPath({ weights, folder }: CellOptions, { file }: GivenWeights): string {
  if (weights !== undefined) return weights;
  throw new PlanError({
    where: join(folder, planFileName),
    got: described(`a plan for the weights of ${file}, and no file`),
    expected: 'the file',
    remedy: 'Name it with --weights',
  });
}

function requireDevice(plan: Plan, engine: Engine): void {
  if (plan.engine.device === engine.device) return;
  throw new PlanError({
    where: 'cell',
    got: described(`an engine on the ${engine.device}`),
    expected: `the ${plan.engine.device}, as planned`,
    remedy: 'Make the plan again on this machine',
  });
}
