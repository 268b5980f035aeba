/** @file A checkpoint gives back everything that a run is between two steps: tensors, counters, curves, times. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { parameterLayout, flatShape } from '../../harness/network/flat.ts';
import { silence } from '../../harness/system/progress.ts';
import { newProgress, TimeAccounts, type TrainProgress } from '../../harness/train/progress.ts';
import { hostState, keepRun, resumeOrBegin } from '../../harness/train/resume.ts';
import { initialState } from '../../harness/train/state.ts';
import type { TrainState } from '../../harness/train/step.ts';
import { useHostTensors } from '../../harness/verify/faults/host-tensors.ts';
import { tinyPlan } from '../journeys/tiny-run.ts';

beforeAll(useHostTensors);

const parts = ['parameters', 'firstMoment', 'secondMoment', 'samplingEma', 'teacher'] as const;

function place(recipe: 'shapes-ct' | 'shapes-ict') {
  const layout = parameterLayout([{ name: 'weight', shape: [2, 3], initial: { kind: 'zeros' }, trainable: true }]);
  const checkpointFolder = mkdtempSync(join(tmpdir(), 'resume-'));
  return { plan: tinyPlan({ recipe }), source: { contentHash: 'a'.repeat(64) }, layout, checkpointFolder };
}

/** Six numbers of its own for each part. */
function stateOf({ layout, plan }: ReturnType<typeof place>): TrainState {
  const wide = flatShape(layout);
  const first = initialState(plan.recipe, layout, 0);
  const filled = (part: number) => {
    const values = new Float32Array(wide[0] * wide[1]);
    values.set([1, 2, 3, 4, 5, 6].map((i) => part + i / 8));
    return tf.tensor2d(values, wide);
  };
  const of = Object.fromEntries(parts.map((part, i) => [part, filled(i + 1)])) as unknown as TrainState;
  return first.teacher === null ? { ...of, teacher: null } : of;
}

const valuesOf = (state: TrainState) => parts.map((part) => state[part] && [...state[part].dataSync()]);

const progress = (): TrainProgress<string> => ({
  loss: [{ step: 2, images: 16, loss: 0.5, levels: 3 }],
  stretch: { sum: 0.75, count: 1 },
  scores: ['a score'],
  resumes: [1],
  trainSeconds: 11,
  pauseSeconds: 12,
  programSeconds: 13,
});

describe('a run that is resumed', () => {
  it.each(['shapes-ct', 'shapes-ict'] as const)('has everything that it had: %s', (recipe) => {
    const run = place(recipe);
    keepRun(run, hostState(run, stateOf(run)), { k: 3, progress: progress() });
    const resumed = resumeOrBegin<string>(run, silence);
    expect(resumed.k).toBe(3);
    expect(valuesOf(resumed.state)).toEqual(valuesOf(stateOf(run)));
    expect(resumed.progress).toEqual({ ...progress(), resumes: [1, 3] });
    // A field that is added is one that this test must know of.
    expect(Object.keys(progress()).sort()).toEqual(Object.keys(newProgress()).sort());
  });

  it('adds its time to that of the processes before', () => {
    let now = 5_000;
    const clock = { now: () => now, date: () => new Date(0) };
    const kept = progress();
    const time = new TimeAccounts(clock, 4_000, kept);
    const counted = time.start('trainSeconds');
    now = 7_000;
    counted();
    time.countProgram();
    expect(kept).toMatchObject({ trainSeconds: 11 + 2, pauseSeconds: 12, programSeconds: 13 + 3 });
  });
});
