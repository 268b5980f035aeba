/** @file Share of a step's time in which the device waits for its input, from three durations. */

export interface StepDurations {
  /** Of a step whose result is read before the next one begins. */
  readonly seconds: number;
  /** Of the host making the inputs of that step and copying them. */
  readonly inputSeconds: number;
  /** Of a step as training takes it: its result is read while the next one runs. */
  readonly streamedSeconds: number;
}

/**
 * What a streamed step takes beyond the computation alone, `(streamed - (seconds - input)) / streamed`, never below 0: the part of making
 * inputs that no computation hides. A CPU hides nothing, since the same cores do both.
 */
export function waitingShare({ seconds, inputSeconds, streamedSeconds }: StepDurations): number {
  return Math.max(0, (streamedSeconds - (seconds - inputSeconds)) / streamedSeconds);
}
