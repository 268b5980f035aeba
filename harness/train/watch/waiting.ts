/** @file Measures the share of a step's time in which the device waits for its input. */
import type { Clock } from '../../core/clock.ts';
import { disposeTree } from '../../engine/ops.ts';
import type { StepInputs, StepMetrics } from '../step.ts';

interface StepDurations {
  /** Of a step whose result is read before the next one begins. */
  readonly seconds: number;
  /** Of the host making the inputs of that step and copying them. */
  readonly inputSeconds: number;
  /** Of a step as training takes it: its result is read while the next one runs. */
  readonly streamedSeconds: number;
}

/**
 * What a streamed step takes beyond the computation alone, `(streamed - (seconds - input)) / streamed`, within 0 and 1: the part of making
 * inputs that no computation hides. A CPU hides nothing, since the same cores do both.
 */
export function waitingShare({ seconds, inputSeconds, streamedSeconds }: StepDurations): number {
  const share = (streamedSeconds - (seconds - inputSeconds)) / streamedSeconds;
  return Math.min(1, Math.max(0, share));
}

export interface FurtherSteps {
  /** Inputs of step k, which the caller frees. */
  readonly inputs: (k: number) => StepInputs;
  /** Begins step k; the caller frees its metrics. */
  readonly begin: (k: number) => StepMetrics;
}

/**
 * The share, by so many steps and three more.
 * @param seconds of a step whose result is read before the next one begins
 */
export function measureWaiting({ inputs, begin }: FurtherSteps, seconds: number, times: number, clock: Clock): number {
  const inputSeconds = medianSeconds(times, clock, (k) => disposeTree(inputs(k)));
  return waitingShare({ seconds, inputSeconds, streamedSeconds: streamedSeconds(begin, times, clock) });
}

/** Seconds from the end of a step to the end of the next one where each is begun before the one before it is read, as training does. */
function streamedSeconds(begin: FurtherSteps['begin'], times: number, clock: Clock): number {
  const end = (metrics: StepMetrics): void => {
    metrics.dataSync();
    metrics.dispose();
  };
  const first = begin(0);
  let underWay = begin(1);
  end(first);
  const begun = clock.now();
  for (let k = 0; k < times; k++) {
    const next = begin(2 + k);
    end(underWay);
    underWay = next;
  }
  const seconds = (clock.now() - begun) / 1000;
  end(underWay);
  return seconds / times;
}

/** Median seconds of a call. */
export function medianSeconds(times: number, clock: Clock, call: (k: number) => void): number {
  const seconds = Array.from({ length: times }, (_, k) => {
    const begun = clock.now();
    call(k);
    return (clock.now() - begun) / 1000;
  });
  return seconds.sort((a, b) => a - b)[Math.floor(times / 2)]!;
}
