/** @file Plans for the tests of the plan room. */
import { resolvePlan, type PlanRequest } from '../../harness/plan/resolve.ts';
import type { EngineSettings, Plan } from '../../harness/plan/types.ts';
import { scales } from '../../recipes/scales.ts';
import * as cifar10 from '../../recipes/cifar10.ts';

export const engine: EngineSettings = {
  device: 'cpu',
  mode: 'compiled',
  precision: 'float32',
  xla: false,
  tf32: false,
  deterministic: true,
  microBatchImages: 1,
  recompute: false,
};

export const paperScale = scales.cifar10.paper!;
export const hourScale = scales.cifar10.hour!;

export function planOf(change: Partial<PlanRequest> = {}): Plan {
  return resolvePlan({ recipe: cifar10.ict, scale: paperScale, seed: 0, engine, ...change });
}
