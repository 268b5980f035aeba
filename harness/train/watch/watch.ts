/** @file Watches a run: reads metrics a step late, refuses non-finite values, keeps the loss curve. */
import { DivergenceError, described } from '../../core/errors.ts';
import { significant } from '../../core/units.ts';
import type { Timetable } from '../../plan/timetable.ts';
import type { Plan } from '../../plan/types.ts';
import type { EventLog } from '../../system/event-log.ts';
import type { Progress } from '../../system/progress.ts';
import type { Digests } from './digests.ts';
import type { TrainEvent } from '../events.ts';
import { addLoss } from '../loss-curve.ts';
import type { TrainProgress } from '../progress.ts';
import type { StepMetrics } from '../step.ts';

export interface WatchOptions {
  readonly plan: Plan;
  readonly timetable: Timetable;
  readonly progress: TrainProgress<unknown>;
  readonly events: Pick<EventLog<TrainEvent>, 'append'>;
  readonly digests: Digests;
  readonly bar: Progress;
  readonly replayCommand: string;
}

export class Watch {
  private readonly options: WatchOptions;
  private pending: { readonly k: number; readonly metrics: StepMetrics } | null = null;

  constructor(options: WatchOptions) {
    this.options = options;
  }

  /**
   * Reads the metrics of the step before and keeps those of step k for later, so that the device never waits for the host.
   * @throws DivergenceError as `read`
   */
  note(k: number, metrics: StepMetrics): void {
    this.read();
    this.pending = { k, metrics };
  }

  /**
   * Reads the metrics that are still to be read.
   * @throws DivergenceError when loss or gradient is not finite, naming the step and how to replay it
   */
  read(): void {
    if (!this.pending) return;
    const { k, metrics } = this.pending;
    this.pending = null;
    const [loss, gradientNorm] = metrics.dataSync<'float32'>() as unknown as [number, number];
    metrics.dispose();
    if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) throw this.diverged(k, loss, gradientNorm);
    this.keep(k, loss, gradientNorm);
  }

  private keep(k: number, loss: number, gradientNorm: number): void {
    const { plan, timetable, progress, events, digests, bar } = this.options;
    digests.note(k + 1, loss, gradientNorm);
    const { asRun } = plan;
    const point = addLoss(progress, asRun, timetable, k, loss);
    if (point) events.append({ event: 'train', ...point, gradientNorm, trainSeconds: progress.trainSeconds });
    const done = k + 1;
    bar.update(done * asRun.batchImages, `step ${done}, loss ${significant(loss, 3)}, N ${timetable.at(k).N}`);
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
