/** @file The share of a step in which a device waits for its input, by sums that can be done by hand. */
import { expect, it } from 'vitest';
import { measureWaiting, waitingShare } from '../../../harness/train/watch/waiting.ts';
import type { StepInputs, StepMetrics } from '../../../harness/train/step.ts';

it('is all that making inputs takes where nothing is hidden', () => {
  expect(waitingShare({ seconds: 1, inputSeconds: 0.25, streamedSeconds: 1 })).toBe(0.25);
});

it('is nothing where inputs are made while the step before runs', () => {
  expect(waitingShare({ seconds: 1, inputSeconds: 0.25, streamedSeconds: 0.75 })).toBe(0);
});

it('is the rest where making inputs takes longer than a step', () => {
  // 0.5 s of computation behind 2 s of making inputs: three quarters of each step are waited.
  expect(waitingShare({ seconds: 2.5, inputSeconds: 2, streamedSeconds: 2 })).toBe(0.75);
});

it('is not above the whole where noise makes a step shorter than its input', () => {
  expect(waitingShare({ seconds: 1, inputSeconds: 1.5, streamedSeconds: 1 })).toBe(1);
});

it('is not below nothing where streaming also hides the reading of results', () => {
  expect(waitingShare({ seconds: 1, inputSeconds: 0.25, streamedSeconds: 0.5 })).toBe(0);
});

/** A device beside a host, both on made-up time: a step begins when its inputs are made and the step before has ended. */
class Machine {
  readonly clock = { now: () => this.host, date: () => new Date(this.host) };
  private host = 0;
  private device = 0;
  private readonly inputMilliseconds: number;
  private readonly stepMilliseconds: number;

  constructor(inputMilliseconds: number, stepMilliseconds: number) {
    this.inputMilliseconds = inputMilliseconds;
    this.stepMilliseconds = stepMilliseconds;
  }

  readonly inputs = (): StepInputs => {
    this.host += this.inputMilliseconds;
    return {} as StepInputs;
  };

  readonly begin = (): StepMetrics => {
    this.inputs();
    this.device = Math.max(this.device, this.host) + this.stepMilliseconds;
    const ends = this.device;
    const dataSync = (): void => void (this.host = Math.max(this.host, ends));
    return { dataSync, dispose: () => undefined } as unknown as StepMetrics;
  };

  share(): number {
    const seconds = (this.inputMilliseconds + this.stepMilliseconds) / 1000;
    return measureWaiting(this, seconds, 5, this.clock);
  }
}

it('is measured as nothing on a device whose steps take longer than making their inputs', () => {
  expect(new Machine(20, 100).share()).toBeCloseTo(0, 9);
});

it('is measured as what remains of making inputs behind a shorter step', () => {
  expect(new Machine(100, 25).share()).toBeCloseTo(0.75, 9);
});
