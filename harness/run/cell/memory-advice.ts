/** @file Adds advice to an out-of-memory error: the plan's estimate, and settings that need less. */
import { EngineError, described } from '../../core/errors.ts';
import { formatBytes } from '../../core/units.ts';
import { isOutOfMemory } from '../../core/out-of-memory.ts';
import { costOf } from '../../plan/cost.ts';
import { trainableIntervals } from '../../plan/resolve.ts';
import type { Plan } from '../../plan/types.ts';

/** What is thrown in place of an error of the device: the same, unless it says that memory ran out. */
export function withMemoryAdvice(plan: Plan, thrown: unknown): unknown {
  if (!isOutOfMemory(thrown)) return thrown;
  const { engine, recipe, asRun } = plan;
  const { bytes } = costOf(plan);
  const settings = [
    ...(engine.microBatchImages > 1
      ? [`fewer images per pass with --micro-batch (now ${engine.microBatchImages})`]
      : []),
    ...(engine.recompute ? [] : ['--recompute']),
    ...(engine.precision === 'float32' && asRun.s1 <= trainableIntervals.bfloat16 ? ['--precision bfloat16'] : []),
  ];
  return new EngineError(
    {
      where: `${recipe.id} on the ${engine.device}`,
      got: described('too little memory'),
      expected: `about ${formatBytes(bytes.peak)}, of which ${formatBytes(bytes.activations)} are activations of ${engine.microBatchImages} images (batch ${asRun.batchImages})`,
      remedy: settings.length > 0 ? `Try ${settings.join(', or ')}` : 'Use a device with more memory',
    },
    { cause: thrown },
  );
}
