/** @file Kind `trajectory`: whole training runs with given draws, by the step that trains, in each form in which it runs. */
import { largestDivisor } from '../../../plan/resolve.ts';
import type { StepPlan } from '../../../train/session.ts';
import { judgeEach } from '../../judge/judge-each.ts';
import type { Verdict } from '../../judge/judge-tensors.ts';
import { worstOf } from '../../judge/judge-values.ts';
import { readTrajectory } from '../../trajectory/config.ts';
import { runTrajectory } from '../../trajectory/run.ts';
import { trajectoryTolerance } from '../../trajectory/tolerance.ts';
import type { KindRunner } from '../kind.ts';

/** Every form must arrive at the weights of the pack; the verdict is that of the worst. */
export const run: KindRunner = async (reference) => {
  const trajectory = readTrajectory(reference);
  const verdicts: Verdict[] = [];
  for (const [form, engine] of formsOf(trajectory.plan.asRun.batchImages)) {
    const produced = await runTrajectory(reference, trajectory, engine);
    const verdict = judgeEach(reference, produced, (name) => trajectoryTolerance(reference, name));
    verdicts.push({ ...verdict, worst: `${form}: ${verdict.worst}` });
  }
  return worstOf(verdicts);
};

/** Compiled and operation by operation, each in one pass and in several; the compiled passes compute activations again, as a large run does. */
function formsOf(batchImages: number): [string, StepPlan['engine']][] {
  const whole = { precision: 'float32', xla: false, recompute: false, microBatchImages: batchImages } as const;
  const forms: [string, StepPlan['engine']][] = [
    ['compiled', { ...whole, mode: 'compiled' }],
    ['eager', { ...whole, mode: 'eager' }],
  ];
  if (batchImages === 1) return forms;
  const microBatchImages = largestDivisor(batchImages, batchImages / 2);
  const passes = `in passes of ${microBatchImages}`;
  return [
    ...forms,
    [`compiled ${passes}, recomputed`, { ...whole, mode: 'compiled', microBatchImages, recompute: true }],
    [`eager ${passes}`, { ...whole, mode: 'eager', microBatchImages }],
  ];
}
