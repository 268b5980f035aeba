/** @file Training loop: resumes or begins, takes steps, scores, writes checkpoints, ends. */
import { setImmediate } from 'node:timers/promises';
import type * as tf from '@tensorflow/tfjs-core';
import type { Clock } from '../core/clock.ts';
import { CheckpointedExit } from '../core/errors.ts';
import { TrainBatches } from '../data/batches.ts';
import type { ImageSource } from '../data/source.ts';
import { requireSame } from '../ranks/same.ts';
import { alone, type Team } from '../ranks/team.ts';
import type { Ranks } from '../ranks/join.ts';
import { disposeTree } from '../engine/ops.ts';
import { Timetable } from '../plan/timetable.ts';
import type { EventLog } from '../system/event-log.ts';
import { Progress, type Output } from '../system/progress.ts';
import type { ImageDistance } from './distance/distance.ts';
import { contentHash } from '../formats/content-hash.ts';
import { Digests, tensorsDue } from './watch/digests.ts';
import type { TrainEvent } from './events.ts';
import { TimeAccounts, type TrainProgress } from './progress.ts';
import { hostState, keepRun, resumeOrBegin, type HostState, type KeptRun, type RunPlace } from './resume.ts';
import { openStep, type TrainingStep } from './session.ts';
import { stepInputs } from './step-inputs.ts';
import type { NetworkOf, StepInputs, StepMetrics } from './step.ts';
import { Watch } from './watch/watch.ts';

export interface TrainOptions<Scores> extends RunPlace {
  readonly source: ImageSource;
  readonly network: NetworkOf;
  readonly distance: ImageDistance;
  readonly events: Pick<EventLog<TrainEvent>, 'append'>;
  /** Where several ranks share each batch. Rank 0 writes; the others compute. */
  readonly ranks?: Pick<Ranks, 'team' | 'group' | 'together'>;
  readonly clock: Clock;
  readonly output: Output;
  /** What takes the steps; the engine's compiled step unless another is given. */
  readonly openStep?: typeof openStep;
  /** Scores the sampling average at a step of the curve, or helps rank 0 to; must not touch the training state. */
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
 * @throws EngineError when another rank is lost, or holds another state
 */
export async function train<Scores>(options: TrainOptions<Scores>): Promise<Trained<Scores>> {
  const began = options.clock.now();
  const run = new TrainRun(options, began, resumeOrBegin(options, options.output));
  await run.requireSameState();
  while (run.k < options.plan.asRun.steps) {
    run.step();
    if (run.curveDue()) await run.score();
    if (run.checkpointDue()) await run.checkpoint();
    else if (run.digestDue()) run.digest();
    await setImmediate(); // lets signals arrive
    if (await run.stopAsked()) await run.stop();
  }
  return run.finish();
}

class TrainRun<Scores> {
  /** Steps taken. */
  k: number;
  private readonly options: TrainOptions<Scores>;
  private readonly team: Team;
  private readonly timetable: Timetable;
  private readonly batches: TrainBatches;
  private readonly training: TrainingStep;
  readonly progress: TrainProgress<Scores>;
  private readonly time: TimeAccounts;
  private readonly bar: Progress;
  private readonly watch: Watch;
  private readonly digests: Digests;

  constructor(options: TrainOptions<Scores>, began: number, { k, state, progress }: KeptRun<Scores>) {
    const { plan, source, clock, output, events, replayCommand, ranks } = options;
    const { recipe, seed, asRun } = plan;
    const { batchImages } = asRun;
    this.options = options;
    this.team = ranks?.team ?? alone;
    this.k = k;
    this.progress = progress;
    this.time = new TimeAccounts(clock, began, progress);
    this.timetable = new Timetable(plan);
    const { rank, ranks: count } = this.team;
    const images = batchImages / count;
    const { horizontalFlip } = recipe.data;
    this.batches = new TrainBatches(source, {
      seed,
      batchImages,
      horizontalFlip,
      part: { first: rank * images, images },
    });
    if (k === 0) events.append({ event: 'start', step: 0, images: 0 });
    else this.log('resume');
    options.onProgress?.(progress);
    const { network, layout, distance } = options;
    this.training = (options.openStep ?? openStep)(plan, {
      network,
      layout,
      distance,
      state,
      ...(ranks && { ranks: { group: ranks.group, reduction: plan.engine.reduction ?? 'ordered' } }),
    });
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
    const { together = (work: () => StepMetrics) => work() } = this.options.ranks ?? {};
    const metrics = together(() => this.training.run(inputs));
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

  async checkpoint(): Promise<void> {
    const counted = this.time.start('pauseSeconds');
    this.watch.read();
    const state = this.hostState();
    await this.requireSameState(state);
    this.time.countProgram();
    if (this.team.rank === 0) {
      keepRun(this.options, state, this);
      this.digests.tensors(this.k, state.hashes);
    }
    this.log('checkpoint');
    counted();
  }

  /** Ranks that hold different states would go on with what nobody trained. */
  async requireSameState(known?: HostState): Promise<void> {
    if (this.team.ranks === 1) return;
    const { hashes } = known ?? this.hostState();
    const state = contentHash('', hashes);
    await requireSame(this.team, `after ${this.k} steps`, { steps: String(this.k), state });
  }

  /** Whether any rank was asked to stop: all stop after the same step. */
  async stopAsked(): Promise<boolean> {
    const asked = await this.team.gather(`after step ${this.k}`, this.options.stopRequested());
    return asked.includes(true);
  }

  digestDue(): boolean {
    return tensorsDue(this.k, this.options.plan.asRun);
  }

  digest(): void {
    const counted = this.time.start('pauseSeconds');
    this.watch.read();
    this.digests.tensors(this.k, this.hostState().hashes);
    counted();
  }

  async stop(): Promise<never> {
    const { plan, replayCommand } = this.options;
    await this.checkpoint();
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

  private hostState(): HostState {
    const state = this.training.read();
    try {
      return hostState(this.options, state);
    } finally {
      disposeTree(state);
    }
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
