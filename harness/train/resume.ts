/** @file Going on where a run stopped: its newest checkpoint, or its beginning; and keeping it for the next time. */
import type { ParameterLayout } from '../network/flat.ts';
import type { Plan } from '../plan/types.ts';
import { newestCheckpoint, writeCheckpoint } from './checkpoint.ts';
import { newProgress, type TrainProgress } from './progress.ts';
import { initialState, restoredState, storedState } from './state.ts';
import type { TrainState } from './step.ts';

/** A run between two steps. */
export interface KeptRun<Scores> {
  /** Steps taken. */
  readonly k: number;
  readonly state: TrainState;
  readonly progress: TrainProgress<Scores>;
}

/**
 * The run as its newest checkpoint has it, this resumption noted in its progress; before the first step where there is no checkpoint.
 * @throws DataError, PlanError as `newestCheckpoint` and `restoredState`
 */
export function resumeOrBegin<Scores>(plan: Plan, layout: ParameterLayout, folder: string): KeptRun<Scores> {
  const checkpoint = newestCheckpoint<TrainProgress<Scores>>(folder, plan.fingerprint);
  if (!checkpoint) return { k: 0, state: initialState(plan.recipe, layout, plan.seed), progress: newProgress() };
  const { step: k, progress, path, tensors } = checkpoint;
  progress.resumes.push(k);
  return { k, state: restoredState(plan.recipe, layout, path, tensors), progress };
}

/** Writes the checkpoint of a run; the state stays the caller's. */
export function keepRun<Scores>(
  plan: Plan,
  layout: ParameterLayout,
  folder: string,
  { k, state, progress }: KeptRun<Scores>,
): void {
  writeCheckpoint(folder, storedState(layout, state), { planFingerprint: plan.fingerprint, step: k, progress });
}
