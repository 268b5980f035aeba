/** @file The training loop: resume or begin, step, watch, score, checkpoint, end. */
import { setImmediate } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs-core';
import type { Clock } from '../core/clock.ts';
import { CheckpointedExit, DivergenceError, described } from '../core/errors.ts';
import type { EventLog } from '../system/event-log.ts';
import { Progress, type Output } from '../system/progress.ts';
import { significant } from '../core/units.ts';
import { TrainBatches } from '../data/batches.ts';
import type { ImageSource } from '../data/source.ts';
import { compileCarried, type Carried } from '../engine/compile/carried.ts';
import type { BuiltNetwork } from '../network/network.ts';
import type { ParameterLayout } from '../network/flat.ts';
import { Timetable } from '../plan/timetable.ts';
import type { Plan } from '../plan/types.ts';
import { newestCheckpoint, writeCheckpoint } from './checkpoint.ts';
import type { ImageDistance } from './distance.ts';
import { initialState, restoredState, storedState } from './state.ts';
import { stepInputs } from './step-inputs.ts';
import { trainStep, type StepInputs, type StepMetrics, type TrainState } from './step.ts';

/** One line of `events.jsonl`. */
export type TrainEvent =
  | { readonly event: 'start'; readonly step: 0; readonly images: 0 }
  | { readonly event: 'resume' | 'checkpoint' | 'score' | 'finish'; readonly step: number; readonly images: number }
  | {
      readonly event: 'train';
      readonly step: number;
      readonly images: number;
      readonly loss: number;
      readonly gradientNorm: number;
      readonly levels: number;
      readonly trainSeconds: number;
    };

/** A stretch of the loss curve: sums until it is written as a mean. */
interface LossStretch {
  sum: number;
  count: number;
}

/** What goes through checkpoints beside the state: a resumed run reports as if it had never stopped. */
export interface TrainProgress<Scores> {
  readonly loss: { readonly step: number; readonly images: number; readonly loss: number; readonly levels: number }[];
  readonly stretch: LossStretch;
  readonly scores: Scores[];
  trainSeconds: number;
  pauseSeconds: number;
  programSeconds: number;
  /** Steps from which the run was resumed, in order. */
  readonly resumes: number[];
}

export interface TrainOptions<Scores> {
  readonly plan: Plan;
  readonly source: ImageSource;
  readonly network: BuiltNetwork['network'];
  readonly layout: ParameterLayout;
  readonly distance: ImageDistance;
  readonly checkpointFolder: string;
  readonly events: EventLog<TrainEvent>;
  readonly clock: Clock;
  readonly output: Output;
  /** Scores the sampling average at a step of the curve; must not touch the training state. */
  readonly score: (step: number, samplingEma: tf.Tensor) => Promise<Scores>;
  /** Asked between steps: true means write a checkpoint and stop. */
  readonly stopRequested: () => boolean;
  /** Told the progress of the run once it has begun; it moves on as the run does. */
  readonly onProgress?: (progress: TrainProgress<Scores>) => void;
  /** The command that runs this cell again, for messages. */
  readonly replayCommand: string;
}

export interface Trained<Scores> {
  readonly progress: TrainProgress<Scores>;
  /** The compiled step with the final state inside; the caller disposes of it. */
  readonly step: Carried<TrainState, [StepInputs], StepMetrics>;
  readonly inputsOf: (k: number) => StepInputs;
}

/** Loss curve points per run. */
const curvePoints = 400;

/**
 * Trains the plan's steps from the newest checkpoint or from the beginning.
 * @throws CheckpointedExit when a stop was asked for: the checkpoint is written, the same call goes on from it
 * @throws DivergenceError when the loss or the gradient is not finite, naming the step and how to replay it
 */
export async function train<Scores>(options: TrainOptions<Scores>): Promise<Trained<Scores>> {
  const run = new TrainRun(options);
  run.resumeOrBegin();
  while (run.k < options.plan.asRun.steps) {
    run.step();
    if (run.curveDue()) await run.scoreNow();
    if (run.checkpointDue()) run.checkpoint();
    await setImmediate(); // lets signals arrive
    if (options.stopRequested()) run.stop();
  }
  return run.finish();
}

class TrainRun<Scores> {
  /** Steps taken. */
  k = 0;
  private readonly options: TrainOptions<Scores>;
  private readonly timetable: Timetable;
  private readonly batches: TrainBatches;
  private readonly started: number;
  private compiled!: Carried<TrainState, [StepInputs], StepMetrics>;
  private progress: TrainProgress<Scores>;
  private bar!: Progress;
  private pending: { readonly k: number; readonly metrics: StepMetrics } | null = null;
  private programBefore = 0;

  constructor(options: TrainOptions<Scores>) {
    const { plan, source, clock } = options;
    this.options = options;
    this.started = clock.now();
    this.timetable = new Timetable(plan);
    this.batches = new TrainBatches(source, {
      seed: plan.seed,
      batchImages: plan.asRun.batchImages,
      horizontalFlip: plan.recipe.data.horizontalFlip,
    });
    this.progress = {
      loss: [],
      stretch: { sum: 0, count: 0 },
      scores: [],
      trainSeconds: 0,
      pauseSeconds: 0,
      programSeconds: 0,
      resumes: [],
    };
  }

  resumeOrBegin(): void {
    const { plan, layout, checkpointFolder, events, network, distance, clock, output } = this.options;
    const { recipe, engine } = plan;
    const checkpoint = newestCheckpoint<TrainProgress<Scores>>(checkpointFolder, plan.fingerprint);
    const state = checkpoint
      ? restoredState(recipe, layout, checkpoint.path, checkpoint.tensors)
      : initialState(recipe, layout, plan.seed);
    if (checkpoint) {
      this.k = checkpoint.step;
      this.progress = checkpoint.progress;
      this.programBefore = checkpoint.progress.programSeconds;
      this.progress.resumes.push(this.k);
      events.append({ event: 'resume', step: this.k, images: this.images() });
    } else {
      events.append({ event: 'start', step: 0, images: 0 });
    }
    this.options.onProgress?.(this.progress);
    const step = trainStep({
      recipe,
      layout,
      network,
      distance,
      microBatchImages: engine.microBatchImages,
      recompute: engine.recompute,
    });
    this.compiled = compileCarried(step, state, {
      name: 'train',
      mode: engine.mode,
      precision: engine.precision,
      xla: engine.xla,
    });
    tf.dispose(Object.values(state) as tf.Tensor[]);
    this.bar = new Progress(output, clock, {
      label: `${recipe.id} seed ${plan.seed}`,
      unit: 'images',
      total: plan.asRun.steps * plan.asRun.batchImages,
      done: this.images(),
    });
  }

  /** One optimizer step. Its loss is read after the next step was given to the device, so that the device never waits for the host. */
  step(): void {
    const { clock } = this.options;
    const begun = clock.now();
    const inputs = this.inputsOf(this.k);
    const metrics = this.compiled.run(inputs);
    tf.dispose(Object.values(inputs) as tf.Tensor[]);
    this.readPending();
    this.pending = { k: this.k, metrics };
    this.k += 1;
    if (this.curveDue() || this.checkpointDue() || this.k === this.options.plan.asRun.steps) this.readPending();
    this.progress.trainSeconds += (clock.now() - begun) / 1000;
  }

  curveDue(): boolean {
    return this.options.plan.asRun.curveSteps.includes(this.k);
  }

  checkpointDue(): boolean {
    const { checkpointEverySteps, steps } = this.options.plan.asRun;
    return this.k % checkpointEverySteps === 0 || this.k === steps;
  }

  async scoreNow(): Promise<void> {
    await this.paused(async () => {
      const state = this.compiled.read();
      this.progress.scores.push(await this.options.score(this.k, state.samplingEma));
      tf.dispose(Object.values(state) as tf.Tensor[]);
    });
    this.options.events.append({ event: 'score', step: this.k, images: this.images() });
  }

  checkpoint(): void {
    const { clock, plan, layout, checkpointFolder, events } = this.options;
    const begun = clock.now();
    this.readPending();
    const state = this.compiled.read();
    this.progress.programSeconds = this.programSeconds();
    writeCheckpoint(checkpointFolder, storedState(layout, state), {
      planFingerprint: plan.fingerprint,
      step: this.k,
      progress: this.progress,
    });
    tf.dispose(Object.values(state) as tf.Tensor[]);
    events.append({ event: 'checkpoint', step: this.k, images: this.images() });
    this.progress.pauseSeconds += (clock.now() - begun) / 1000;
  }

  stop(): never {
    this.checkpoint();
    this.compiled.dispose();
    this.bar.finish(`stopped at step ${this.k} as asked`);
    throw new CheckpointedExit(
      `Stopped at step ${this.k} of ${this.options.plan.asRun.steps}; everything is kept. Go on with: ${this.options.replayCommand}`,
    );
  }

  finish(): Trained<Scores> {
    this.progress.programSeconds = this.programSeconds();
    this.options.events.append({ event: 'finish', step: this.k, images: this.images() });
    this.bar.finish();
    return { progress: this.progress, step: this.compiled, inputsOf: (k) => this.inputsOf(k) };
  }

  private inputsOf(k: number): StepInputs {
    return stepInputs(this.options.plan, this.timetable, k, this.batches.at(k));
  }

  private async paused(work: () => Promise<void>): Promise<void> {
    const begun = this.options.clock.now();
    await work();
    this.progress.pauseSeconds += (this.options.clock.now() - begun) / 1000;
  }

  private images(): number {
    return this.k * this.options.plan.asRun.batchImages;
  }

  private programSeconds(): number {
    return this.programBefore + (this.options.clock.now() - this.started) / 1000;
  }

  /** Reads the metrics of the step before, refuses what is not finite, and keeps the loss curve. */
  private readPending(): void {
    if (!this.pending) return;
    const { k, metrics } = this.pending;
    this.pending = null;
    const [loss, gradientNorm] = metrics.dataSync() as Float32Array;
    metrics.dispose();
    if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) throw this.diverged(k, loss!, gradientNorm!);
    const { N } = this.timetable.at(k);
    const { steps, batchImages } = this.options.plan.asRun;
    const { stretch } = this.progress;
    stretch.sum += loss!;
    stretch.count += 1;
    const done = k + 1;
    const perPoint = Math.ceil(steps / curvePoints);
    const lastOfStage = done < steps && this.timetable.at(done).N !== N && perPoint > 1;
    if (stretch.count >= perPoint || lastOfStage || done === steps) {
      const mean = stretch.sum / stretch.count;
      const images = done * batchImages;
      this.progress.loss.push({ step: done, images, loss: mean, levels: N });
      this.options.events.append({
        event: 'train',
        step: done,
        images,
        loss: mean,
        gradientNorm: gradientNorm!,
        levels: N,
        trainSeconds: this.progress.trainSeconds,
      });
      stretch.sum = 0;
      stretch.count = 0;
    }
    this.bar.update(this.images(), `step ${done}, loss ${significant(loss!, 3)}, N ${N}`);
  }

  private diverged(k: number, loss: number, gradientNorm: number): DivergenceError {
    const { plan, replayCommand } = this.options;
    return new DivergenceError({
      where: `step ${k + 1} of ${plan.recipe.id}, seed ${plan.seed}`,
      got: described(`loss ${loss}, gradient norm ${gradientNorm}`),
      expected: 'finite numbers',
      remedy: `Replay it from its last checkpoint with: ${replayCommand}`,
    });
  }
}
