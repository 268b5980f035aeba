/**
 * @file Progress of a training run as checkpoints keep it, beside the state.
 *
 * A resumed run therefore reports as an unbroken one.
 */
import type { Clock } from '../core/clock.ts';
import type { LossCurve } from './loss-curve.ts';

export interface TrainProgress<Scores> extends LossCurve {
  readonly scores: Scores[];
  /** Steps from which the run was resumed, in order. */
  readonly resumes: number[];
  /** Host time of all steps. */
  trainSeconds: number;
  /** Scoring and checkpoints. */
  pauseSeconds: number;
  /** The whole of every process that worked on the run, up to its last checkpoint. */
  programSeconds: number;
}

export function newProgress<Scores>(): TrainProgress<Scores> {
  return {
    loss: [],
    stretch: { sum: 0, count: 0 },
    scores: [],
    resumes: [],
    trainSeconds: 0,
    pauseSeconds: 0,
    programSeconds: 0,
  };
}

/** Adds wall time to the accounts of a run's progress. */
export class TimeAccounts {
  private readonly clock: Clock;
  private readonly progress: TrainProgress<unknown>;
  private readonly began: number;
  private readonly secondsBefore: number;

  /** @param began clock reading at the beginning of this process's work on the run */
  constructor(clock: Clock, began: number, progress: TrainProgress<unknown>) {
    this.clock = clock;
    this.progress = progress;
    this.began = began;
    this.secondsBefore = progress.programSeconds;
  }

  /** Begins to count on an account; the returned function ends it. */
  start(account: 'trainSeconds' | 'pauseSeconds'): () => void {
    const begun = this.clock.now();
    return () => (this.progress[account] += this.secondsSince(begun));
  }

  /** Brings the time of the whole program up to now. */
  countProgram(): void {
    this.progress.programSeconds = this.secondsBefore + this.secondsSince(this.began);
  }

  private secondsSince(begun: number): number {
    return (this.clock.now() - begun) / 1000;
  }
}
