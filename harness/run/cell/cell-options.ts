/** @file Options for running a cell. */
import type { Clock } from '../../core/clock.ts';
import type { Output } from '../../system/progress.ts';
import type { ImageSource } from '../../data/source.ts';
import type { Ranks } from '../../ranks/join.ts';
import type { Engine } from '../../engine/engine.ts';
import type { Plan } from '../../plan/types.ts';
import type { cellSampler } from '../../evaluate/draw.ts';
import type { openStep } from '../../train/session.ts';
import type { OpenScorer } from '../../evaluate/scorer.ts';

/** What computes: takes the training steps and draws the samples. */
export interface Computing {
  readonly openStep: typeof openStep;
  readonly openSampler: typeof cellSampler;
}

export interface CellOptions {
  readonly folder: string;
  readonly engine: Engine;
  /** In place of what the engine computes: proofs of everything around it take a function that is fast. */
  readonly computing?: Computing;
  /** Where this process is rank 0 of several that train the cell. */
  readonly ranks?: Ranks;
  readonly openSource: (plan: Plan) => Promise<ImageSource>;
  readonly openScorer: OpenScorer;
  /** Where the weights of a plan lie that was made for given ones. */
  readonly weights?: string;
  /** Further draws of latents that the cell is to have beside its registered one; absent: those of its plan. */
  readonly redraws?: number;
  readonly clock: Clock;
  readonly output: Output;
  readonly stopRequested: () => boolean;
  /** Root of the checkout, for provenance. */
  readonly root: string;
  /** The command line that runs this cell (again). */
  readonly command: string;
}
