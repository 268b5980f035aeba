/** @file Shares the time of a training step among kinds of operations, parts of the step, and blocks. */
import { gradientPlace, profile, type OperationTime, type ProfiledRun } from '../../engine/compile/profile.ts';
import { disposeTree } from '../../engine/ops.ts';
import type { Plan } from '../../plan/types.ts';
import { median } from '../../results/benchmark/rounds.ts';
import type { ImageDistance } from '../../train/distance/distance.ts';
import { stepFunction } from '../../train/session.ts';
import { measuredParts } from './opened-step.ts';

export interface ProfileRow {
  readonly what: string;
  /** Of all its operations together, in the median run of each. */
  readonly milliseconds: number;
  /** Of the time of all operations. */
  readonly share: number;
  readonly operations: number;
}

export interface StepProfile {
  readonly runs: number;
  /** From the first operation to the last, median of the runs. */
  readonly stepMilliseconds: number;
  /** Of all operations, which may run beside each other. */
  readonly operationMilliseconds: number;
  readonly kinds: readonly ProfileRow[];
  readonly parts: readonly ProfileRow[];
  readonly blocks: readonly ProfileRow[];
}

export interface StepProfileOptions {
  readonly threads: number;
  readonly runs: number;
}

/**
 * The times of the step's operations, on the first batch of benchmarks.
 * @param distance of the plan's recipe
 */
export function profileStep(plan: Plan, distance: ImageDistance, { threads, runs }: StepProfileOptions): StepProfile {
  const { network, layout, state, inputs: inputsOf } = measuredParts(plan);
  const inputs = inputsOf(0);
  try {
    const step = stepFunction(plan, { network, layout, distance });
    return summarised(profile(step, [state, inputs], { precision: plan.engine.precision, threads, runs }));
  } finally {
    disposeTree([state, inputs]);
  }
}

/** Tables of the same operations in several runs. */
export function summarised(runs: readonly ProfiledRun[]): StepProfile {
  const times = new Map<string, { readonly one: OperationTime; readonly microseconds: number[] }>();
  for (const { operations } of runs) {
    for (const one of operations) {
      const known = times.get(one.name) ?? { one, microseconds: [] };
      known.microseconds.push(one.microseconds);
      times.set(one.name, known);
    }
  }
  const all = [...times.values()].map(({ one, microseconds }) => ({ one, milliseconds: median(microseconds) / 1000 }));
  const sum = all.reduce((total, { milliseconds }) => total + milliseconds, 0);
  const rows = (groupOf: (one: OperationTime) => string | null): ProfileRow[] => {
    const groups = new Map<string, { milliseconds: number; operations: number }>();
    for (const { one, milliseconds } of all) {
      const what = groupOf(one);
      if (what === null) continue;
      const group = groups.get(what) ?? { milliseconds: 0, operations: 0 };
      group.milliseconds += milliseconds;
      group.operations += 1;
      groups.set(what, group);
    }
    return [...groups]
      .map(([what, group]) => ({ what, ...group, share: group.milliseconds / sum }))
      .sort((a, b) => b.milliseconds - a.milliseconds);
  };
  return {
    runs: runs.length,
    stepMilliseconds: median(runs.map(({ microseconds }) => microseconds)) / 1000,
    operationMilliseconds: sum,
    kinds: rows(({ kind }) => kind),
    parts: rows(({ name }) => placeOf(name).part),
    blocks: rows(({ name }) => placeOf(name).block),
  };
}

const networks = ['teacher', 'student'];
const others = ['noise', 'distance', 'optimizer', 'averages'];

/** The part of the step in which an operation stands, and its block where it stands in a network. TensorFlow may put names of its own before. */
export function placeOf(name: string): { readonly part: string; readonly block: string | null } {
  const places = name
    .replace(/^_(arg|retval)_/, '')
    .split('/')
    .slice(0, -1);
  const of = places.includes(gradientPlace) ? 'gradient of ' : '';
  const at = places.findIndex((place) => networks.includes(place));
  if (at >= 0) return { part: `${of}${places[at]!}`, block: places[at + 1] ?? 'outside the blocks' };
  const other = places.find((place) => others.includes(place));
  return { part: other === undefined ? 'elsewhere' : `${of}${other}`, block: null };
}
