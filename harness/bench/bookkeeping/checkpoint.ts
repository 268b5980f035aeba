/** @file Times checkpoints of a state: the copy to the host, and hashing and writing. */
import * as tf from '@tensorflow/tfjs-core';
import type { Clock } from '../../core/clock.ts';
import { disposeTree } from '../../engine/ops.ts';
import { flatShape, initialValues, parameterLayout, type ParameterLayout } from '../../network/flat.ts';
import { buildNetwork } from '../../network/network.ts';
import type { Plan } from '../../plan/types.ts';
import { makeFolder, makeTemporaryFolder, remove } from '../../system/files/files.ts';
import { writeCheckpoint } from '../../train/checkpoint.ts';
import { newProgress } from '../../train/progress.ts';
import { storedState } from '../../train/state.ts';
import type { TrainState } from '../../train/step.ts';

export interface CheckpointTimes {
  /** Of the five tensors of a state with a teacher, the largest there is. */
  readonly stateBytes: number;
  /** Seconds for which the loop waits, one entry per checkpoint. */
  readonly checkpoints: readonly { readonly copy: number; readonly write: number }[];
}

/**
 * Writes checkpoints one after another, as the loop does, into a folder of its own inside the given one, which is removed.
 * @throws DataError when the folder cannot be written or has no room
 */
export function timeCheckpoints(
  plan: Plan,
  {
    folder,
    times,
    clock,
    onDone,
  }: { folder: string; times: number; clock: Clock; onDone?: ((done: number) => void) | undefined },
): CheckpointTimes {
  const layout = parameterLayout(buildNetwork(plan.recipe, plan.engine).parameters);
  const state = deviceState(layout, plan.seed);
  makeFolder(folder);
  const own = makeTemporaryFolder('bench-checkpoint-', folder);
  let stateBytes = 0;
  const checkpoints: { copy: number; write: number }[] = [];
  try {
    // The first finds memory and folder cold and is not counted.
    for (let i = 0; i <= times; i++) {
      const begun = clock.now();
      const read = clonesOf(state);
      const stored = storedState(layout, read);
      const copied = clock.now();
      const notes = { planFingerprint: plan.fingerprint, dataSha256: '', step: i, progress: newProgress() };
      writeCheckpoint(own, stored, notes);
      const written = clock.now();
      disposeTree(read);
      stateBytes = stored.reduce((sum, [, { bytes }]) => sum + bytes.byteLength, 0);
      if (i > 0) checkpoints.push({ copy: (copied - begun) / 1000, write: (written - copied) / 1000 });
      onDone?.(i);
    }
  } finally {
    remove(own);
    disposeTree(state);
  }
  return { stateBytes, checkpoints };
}

/** Numbers that no disk compresses, computed by the device, so that they must be fetched from it. */
function deviceState(layout: ParameterLayout, seed: number): TrainState {
  const values = tf.tensor2d(initialValues(layout, seed), flatShape(layout));
  const scaled = (by: number): tf.Tensor => tf.mul(values, by);
  const state = {
    parameters: scaled(1.1),
    firstMoment: scaled(1e-3),
    secondMoment: scaled(1e-5),
    samplingEma: scaled(0.9),
    teacher: scaled(0.8),
  };
  values.dispose();
  return state;
}

/** Computed anew, as the state after a step is: a tensor keeps a copy on the host once it was read. */
function clonesOf(state: TrainState): TrainState {
  const anew = (tensor: tf.Tensor): tf.Tensor => tf.mul(tensor, 1);
  return {
    parameters: anew(state.parameters),
    firstMoment: anew(state.firstMoment),
    secondMoment: anew(state.secondMoment),
    samplingEma: anew(state.samplingEma),
    teacher: state.teacher && anew(state.teacher),
  };
}
