/** @file Reads the digests of an event log and finds the first step and tensor in which two runs differ. */
import { readEvents } from '../../system/event-log.ts';
import type { TrainEvent } from '../../train/events.ts';
import { ulpDistance } from '../differences.ts';

/** float32 bits, as uint32. */
interface StepBits {
  readonly loss: number;
  readonly gradientNorm: number;
}

export interface RecordedDigests {
  /** By step, from 1. */
  readonly steps: ReadonlyMap<number, StepBits>;
  /** Hashes of every tensor after a step. */
  readonly tensors: ReadonlyMap<number, Readonly<Record<string, string>>>;
}

/** Steps that were taken twice, by a run that was killed and gone on with, count as they were taken last. */
export function recordedDigests(eventsPath: string): RecordedDigests {
  const steps = new Map<number, StepBits>();
  const tensors = new Map<number, Readonly<Record<string, string>>>();
  for (const event of readEvents<TrainEvent>(eventsPath)) {
    if (event.event === 'tensors') tensors.set(event.step, event.sha256);
    if (event.event !== 'digest') continue;
    const [loss, gradientNorm] = [words(event.loss), words(event.gradientNorm)];
    loss.forEach((bits, i) => steps.set(event.step + i, { loss: bits, gradientNorm: gradientNorm[i]! }));
  }
  return { steps, tensors };
}

interface StepDifference {
  readonly step: number;
  readonly of: 'loss' | 'gradient norm';
  readonly recorded: number;
  readonly again: number;
  readonly ulp: number;
}

interface HashDifference {
  /** After so many steps. */
  readonly step: number;
  readonly tensor: string;
  /** Tensors that differ after that step, of how many. */
  readonly differing: number;
  readonly tensors: number;
}

export interface DigestComparison {
  /** Steps whose bits both runs recorded. */
  readonly steps: number;
  /** Steps after which both recorded the hashes of their tensors. */
  readonly tensorSteps: readonly number[];
  readonly step: StepDifference | null;
  readonly tensor: HashDifference | null;
}

/** @param last steps beyond this one are not compared */
export function compareDigests(recorded: RecordedDigests, again: RecordedDigests, last = Infinity): DigestComparison {
  const common = <T>(one: ReadonlyMap<number, T>, other: ReadonlyMap<number, T>): number[] =>
    [...one.keys()].filter((step) => step <= last && other.has(step)).sort((a, b) => a - b);
  const steps = common(recorded.steps, again.steps);
  const tensorSteps = common(recorded.tensors, again.tensors);
  return {
    steps: steps.length,
    tensorSteps,
    step: firstOf(steps, (step) => stepDifference(step, recorded.steps.get(step)!, again.steps.get(step)!)),
    tensor: firstOf(tensorSteps, (step) => hashDifference(step, recorded.tensors.get(step)!, again.tensors.get(step)!)),
  };
}

function firstOf<T>(steps: readonly number[], differenceAt: (step: number) => T | null): T | null {
  for (const step of steps) {
    const difference = differenceAt(step);
    if (difference) return difference;
  }
  return null;
}

function stepDifference(step: number, recorded: StepBits, again: StepBits): StepDifference | null {
  for (const [of, one, other] of [
    ['loss', recorded.loss, again.loss],
    ['gradient norm', recorded.gradientNorm, again.gradientNorm],
  ] as const) {
    if (one !== other) return { step, of, recorded: value(one), again: value(other), ulp: ulpDistance(one, other) };
  }
  return null;
}

function hashDifference(
  step: number,
  recorded: Readonly<Record<string, string>>,
  again: Readonly<Record<string, string>>,
): HashDifference | null {
  const names = [...new Set([...Object.keys(recorded), ...Object.keys(again)])];
  const differing = names.filter((name) => recorded[name] !== again[name]);
  return differing.length === 0
    ? null
    : { step, tensor: differing[0]!, differing: differing.length, tensors: names.length };
}

function words(text: string): number[] {
  return Array.from({ length: Math.floor(text.length / 8) }, (_, i) =>
    Number.parseInt(text.slice(8 * i, 8 * i + 8), 16),
  );
}

function value(bits: number): number {
  return new Float32Array(Uint32Array.of(bits).buffer)[0]!;
}
