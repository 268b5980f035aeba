/**
 * @file Kind `trajectory`: whole training runs with given draws, taken by the training step.
 *
 * The step runs in each of its forms.
 */
import { runsNativeOperations } from '../../../engine/ops.ts';
import { largestDivisor } from '../../../plan/resolve.ts';
import type { StepPlan } from '../../../train/session.ts';
import type { ConformanceCase } from '../../case.ts';
import { readTrajectory } from '../../trajectory/config.ts';
import { runTrajectory } from '../../trajectory/run.ts';
import { trajectoryTolerance } from '../../trajectory/tolerance.ts';
import type { NetworkKind, TensorPart } from '../kind.ts';

export const kind: NetworkKind = { needsEngine: true, partsOf };

/** Every form must arrive at the weights of the pack. */
function partsOf(reference: ConformanceCase): TensorPart[] {
  const trajectory = readTrajectory(reference);
  return formsOf(trajectory.plan.asRun.batchImages).map(([name, engine]) => ({
    name,
    produce: () => runTrajectory(reference, trajectory, engine),
    toleranceOf: (tensor) => trajectoryTolerance(reference, tensor),
  }));
}

/**
 * Compiled and operation by operation, each in one pass and in several; the compiled passes compute activations again, as a large run does, and
 * a compiled step has the native group normalisation where the engine has it.
 */
function formsOf(batchImages: number): [string, StepPlan['engine']][] {
  const whole = { precision: 'float32', xla: false, recompute: false, microBatchImages: batchImages } as const;
  const forms: [string, StepPlan['engine']][] = [
    ['compiled', { ...whole, mode: 'compiled' }],
    ['eager', { ...whole, mode: 'eager' }],
  ];
  if (runsNativeOperations())
    forms.push(['compiled, native group normalisation', { ...whole, mode: 'compiled', groupNorm: 'native' }]);
  if (batchImages === 1) return forms;
  const microBatchImages = largestDivisor(batchImages, batchImages / 2);
  const passes = `in passes of ${microBatchImages}`;
  return [
    ...forms,
    [`compiled ${passes}, recomputed`, { ...whole, mode: 'compiled', microBatchImages, recompute: true }],
    [`eager ${passes}`, { ...whole, mode: 'eager', microBatchImages }],
  ];
}
