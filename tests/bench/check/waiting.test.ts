/** @file The share of a step in which a device waits for its input, by sums that can be done by hand. */
import { expect, it } from 'vitest';
import { waitingShare } from '../../../harness/bench/check/waiting.ts';

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

it('is not below nothing where streaming also hides the reading of results', () => {
  expect(waitingShare({ seconds: 1, inputSeconds: 0.25, streamedSeconds: 0.5 })).toBe(0);
});
