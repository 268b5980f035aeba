/** @file Resumes a run from its newest checkpoint, or begins it; saves it for the next time. */
import type { ImageSource } from '../data/source.ts';
import type { ParameterLayout } from '../network/flat.ts';
import type { Plan } from '../plan/types.ts';
import type { Output } from '../system/progress.ts';
import { tensorHashes, type TensorHashes } from '../formats/content-hash.ts';
import type { StoredTensor } from '../formats/safetensors.ts';
import { newestCheckpoint, writeCheckpoint, type RunIdentity } from './checkpoint.ts';
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

/** What is trained where: a checkpoint belongs to a plan and to the images that it was made with. */
export interface RunPlace {
  readonly plan: Plan;
  readonly source: Pick<ImageSource, 'contentHash'>;
  readonly layout: ParameterLayout;
  readonly checkpointFolder: string;
}

/**
 * The run as its newest whole checkpoint has it, one that is damaged said and passed over, this resumption noted in its progress; before the first step where there is no checkpoint.
 * @throws DataError, PlanError as `newestCheckpoint` and `restoredState`
 */
export function resumeOrBegin<Scores>(place: RunPlace, output: Output): KeptRun<Scores> {
  const { plan, layout, checkpointFolder } = place;
  const checkpoint = newestCheckpoint<TrainProgress<Scores>>(checkpointFolder, identityOf(place), (damage, taken) =>
    output.write(`${damage.message} Going on from ${taken}, the checkpoint before it.\n`),
  );
  if (!checkpoint) return { k: 0, state: initialState(plan.recipe, layout, plan.seed), progress: newProgress() };
  const { step: k, progress, path, tensors } = checkpoint;
  progress.resumes.push(k);
  return { k, state: restoredState(plan.recipe, layout, path, tensors), progress };
}

/** The state of a run on the host. */
export interface HostState {
  readonly tensors: readonly (readonly [string, StoredTensor])[];
  readonly hashes: TensorHashes;
}

/** Copies the state to the host; it stays the caller's. */
export function hostState({ layout }: Pick<RunPlace, 'layout'>, state: TrainState): HostState {
  const tensors = storedState(layout, state);
  return { tensors, hashes: tensorHashes(tensors) };
}

/** Writes the checkpoint of a run after k steps. */
export function keepRun<Scores>(
  place: RunPlace,
  { tensors, hashes }: HostState,
  { k: step, progress }: Omit<KeptRun<Scores>, 'state'>,
): void {
  writeCheckpoint(place.checkpointFolder, tensors, { ...identityOf(place), step, progress }, hashes);
}

function identityOf({ plan, source }: RunPlace): RunIdentity {
  return { planFingerprint: plan.fingerprint, dataSha256: source.contentHash };
}
