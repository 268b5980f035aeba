/** @file Too little memory: the estimate and the settings that need less. */
import { expect, it } from 'vitest';
import { withMemoryAdvice } from '../../../harness/run/cell/memory-advice.ts';
import { engine, paperScale, planOf } from '../../plan/fixtures.ts';

/** The published run on a grid that bfloat16 can train on. */
const coarse = { ...paperScale, maxIntervals: 20 };

const oom = new Error('OOM when allocating tensor with shape[64,32,32,256] and type float');

it('names the estimate of the plan and what needs less', () => {
  const advice = withMemoryAdvice(planOf({ scale: coarse, engine: { ...engine, microBatchImages: 4 } }), oom) as Error;
  expect(advice.message).toMatch(
    /^cifar10-ict on the \w+: got too little memory, expected about [\d.]+ [GM]iB, of which [\d.]+ [GM]iB are activations of 4 images \(batch \d+\)\. Try fewer images per pass with --micro-batch \(now 4\), or --recompute, or --precision bfloat16\.$/,
  );
  expect(advice.cause).toBe(oom);
});

it('leaves out bfloat16 where the plan would refuse it', () => {
  const advice = withMemoryAdvice(planOf({ engine: { ...engine, microBatchImages: 4 } }), oom) as Error;
  expect(advice.message).toMatch(/Try fewer images per pass with --micro-batch \(now 4\), or --recompute\.$/);
});

it('leaves out settings that are used already', () => {
  const frugal = { ...engine, microBatchImages: 1, recompute: true, precision: 'bfloat16' } as const;
  expect((withMemoryAdvice(planOf({ scale: coarse, engine: frugal }), oom) as Error).message).toMatch(
    /Use a device with more memory\.$/,
  );
});

it('passes on every other error', () => {
  const other = new Error('Incompatible shapes: [2] vs. [3]');
  expect(withMemoryAdvice(planOf(), other)).toBe(other);
});
