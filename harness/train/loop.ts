/** @file Training loop: resumes or begins, takes steps, scores, writes checkpoints, ends. */
import { setImmediate } from 'node:timers/promises';
import type * as tf from '@tensorflow/tfjs-core';
import type { Clock } from '../core/clock.ts';
import { CheckpointedExit } from '../core/errors.ts';
import { TrainBatches } from '../data/batches.ts';
import type { ImageSource } from '../data/source.ts';
import { disposeTree } from '../engine/ops.ts';
import { Timetable } from '../plan/timetable.ts';
import type { EventLog } from '../system/event-log.ts';
import { Progress, type Output } from '../system/progress.ts';
import type { ImageDistance } from './distance/distance.ts';
import { tensorHashes } from '../formats/content-hash.ts';
import { Digests, tensorsDue } from './watch/digests.ts';
import type { TrainEvent } from './events.ts';
import { TimeAccounts, type TrainProgress } from './progress.ts';
import { keepRun, resumeOrBegin, type KeptRun, type RunPlace } from './resume.ts';
import { openStep, type TrainingStep } from './session.ts';
import { storedState } from './state.ts';
import { stepInputs } from './step-inputs.ts';
import type { NetworkOf, StepInputs } from './step.ts';
import { Watch } from './watch/watch.ts';

export interface TrainOptions<Scores> extends RunPlace {
  readonly source: ImageSource;
  readonly network: NetworkOf;
  readonly distance: ImageDistance;
  readonly events: EventLog<TrainEvent>;
  readonly clock: Clock;
  readonly output: Output;
  /** What takes the steps; the engine's compiled step unless another is given. */
  readonly openStep?: typeof openStep;
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
  /** The step with the final state inside; the caller disposes of it. */
  readonly step: TrainingStep;
  readonly inputsOf: (k: number) => StepInputs;
}

/**
 * Trains the plan's steps from the newest checkpoint or from the beginning.
 * @throws DataError, PlanError when the newest checkpoint is damaged, or was trained on other images or by another plan
 * @throws CheckpointedExit when a stop was asked for: the checkpoint is written, the same call goes on from it
 * @throws DivergenceError when the loss or the gradient is not finite, naming the step and how to replay it
 */
export async function train<Scores>(options: TrainOptions<Scores>): Promise<Trained<Scores>> {
  const began = options.clock.now();
  const run = new TrainRun(options, began, resumeOrBegin(options, options.output));
  while (run.k < options.plan.asRun.steps) {
    run.step();
    if (run.curveDue()) await run.score();
    if (run.checkpointDue()) run.checkpoint();
    else if (run.digestDue()) run.digest();
    await setImmediate(); // lets signals arrive
    if (options.stopRequested()) run.stop();
  }
  return run.finish();
}

class TrainRun<Scores> {
  /** Steps taken. */
  k: number;
  private readonly options: TrainOptions<Scores>;
  private readonly timetable: Timetable;
  private readonly batches: TrainBatches;
  private readonly training: TrainingStep;
  private readonly progress: TrainProgress<Scores>;
  private readonly time: TimeAccounts;
  private readonly bar: Progress;
  private readonly watch: Watch;
  private readonly digests: Digests;

  constructor(options: TrainOptions<Scores>, began: number, { k, state, progress }: KeptRun<Scores>) {
    const { plan, source, clock, output, events, replayCommand } = options;
    const { recipe, seed, asRun } = plan;
    const { batchImages } = asRun;
    this.options = options;
    this.k = k;
    this.progress = progress;
    this.time = new TimeAccounts(clock, began, progress);
    this.timetable = new Timetable(plan);
    this.batches = new TrainBatches(source, { seed, batchImages, horizontalFlip: recipe.data.horizontalFlip });
    if (k === 0) events.append({ event: 'start', step: 0, images: 0 });
    else this.log('resume');
    options.onProgress?.(progress);
    this.training = (options.openStep ?? openStep)(plan, { ...options, state });
    this.digests = new Digests(events);
    this.bar = new Progress(output, clock, {
      label: `${recipe.id} seed ${seed}`,
      unit: 'images',
      total: asRun.steps * batchImages,
      done: this.images(),
    });
    const { timetable, bar, digests } = this;
    this.watch = new Watch({ plan, timetable, progress, events, digests, bar, replayCommand });
  }

  step(): void {
    const counted = this.time.start('trainSeconds');
    const inputs = this.inputsOf(this.k);
    const metrics = this.training.run(inputs);
    disposeTree(inputs);
    this.watch.note(this.k, metrics);
    this.k += 1;
    if (this.curveDue() || this.checkpointDue()) this.watch.read();
    counted();
  }

  curveDue(): boolean {
    return this.options.plan.asRun.curveSteps.includes(this.k);
  }

  checkpointDue(): boolean {
    const { checkpointEverySteps, steps } = this.options.plan.asRun;
    return this.k % checkpointEverySteps === 0 || this.k === steps;
  }

  async score(): Promise<void> {
    const counted = this.time.start('pauseSeconds');
    const state = this.training.read();
    this.progress.scores.push(await this.options.score(this.k, state.samplingEma));
    disposeTree(state);
    counted();
    this.log('score');
  }

  checkpoint(): void {
    const counted = this.time.start('pauseSeconds');
    this.watch.read();
    const state = this.training.read();
    this.time.countProgram();
    this.digests.tensors(this.k, keepRun(this.options, { k: this.k, state, progress: this.progress }));
    disposeTree(state);
    this.log('checkpoint');
    counted();
  }

  digestDue(): boolean {
    return tensorsDue(this.k, this.options.plan.asRun);
  }

  digest(): void {
    const counted = this.time.start('pauseSeconds');
    this.watch.read();
    const state = this.training.read();
    this.digests.tensors(this.k, tensorHashes(storedState(this.options.layout, state)));
    disposeTree(state);
    counted();
  }

  stop(): never {
    const { plan, replayCommand } = this.options;
    this.checkpoint();
    this.training.dispose();
    this.bar.finish(`stopped at step ${this.k} as asked`);
    throw new CheckpointedExit(
      `Stopped at step ${this.k} of ${plan.asRun.steps}; everything is kept. Go on with: ${replayCommand}`,
    );
  }

  finish(): Trained<Scores> {
    this.time.countProgram();
    this.log('finish');
    this.bar.finish();
    return { progress: this.progress, step: this.training, inputsOf: (k) => this.inputsOf(k) };
  }

  private inputsOf(k: number): StepInputs {
    return stepInputs(this.options.plan, this.timetable, k, this.batches.at(k));
  }

  private log(event: 'resume' | 'checkpoint' | 'score' | 'finish'): void {
    this.options.events.append({ event, step: this.k, images: this.images() });
  }

  private images(): number {
    return this.k * this.options.plan.asRun.batchImages;
  }
}
