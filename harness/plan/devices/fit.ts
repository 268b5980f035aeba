/** @file Checks that a plan fits into a GPU's memory; estimates settings that need less. */
import { PlanError, described } from '../../core/errors.ts';
import { formatBytes } from '../../core/units.ts';
import { costOf } from '../cost.ts';
import { tensorBytes } from '../engine-settings.ts';
import type { EngineSettings, Plan } from '../types.ts';

export interface MemoryFit {
  /** Estimate: the most that the device holds at once. */
  readonly peakBytes: number;
  readonly memoryBytes: number;
  readonly fits: boolean;
}

/** The plan beside the memory of the GPU. */
export function memoryFit(plan: Plan, memoryBytes: number): MemoryFit {
  const peakBytes = costOf(plan).bytes.peak;
  return { peakBytes, memoryBytes, fits: peakBytes <= tensorBytes(memoryBytes) };
}

/** Estimates of what would take less: one image per pass, and the same pass with activations computed again. */
export function lesserPeaks(plan: Plan): { readonly oneImage: number; readonly recomputed: number } {
  const peak = (change: Partial<EngineSettings>): number =>
    costOf({ ...plan, engine: { ...plan.engine, ...change } }).bytes.peak;
  return { oneImage: peak({ microBatchImages: 1 }), recomputed: peak({ recompute: true }) };
}

/**
 * @param device the GPU in words
 * @throws PlanError when the plan does not fit, with what one image per pass takes and what the pass takes with recomputation
 */
export function requireFit(plan: Plan, memoryBytes: number, device: string): void {
  const { fits, peakBytes } = memoryFit(plan, memoryBytes);
  if (fits) return;
  const { oneImage, recomputed } = lesserPeaks(plan);
  const room = tensorBytes(memoryBytes);
  const images = plan.engine.microBatchImages;
  const ways = [
    ...(oneImage <= room ? ['take fewer images per pass with --micro-batch'] : []),
    ...(recomputed <= room ? ['add --recompute'] : []),
  ];
  const remedy = ways.length > 0 ? ways.join(', or ') : 'choose a GPU with more memory, or a smaller recipe';
  throw new PlanError({
    where: device,
    got: described(
      `about ${formatBytes(peakBytes)} of ${plan.recipe.id} at ${images} ${images === 1 ? 'image' : 'images'} per pass`,
    ),
    expected: `at most ${formatBytes(room)} of its ${formatBytes(memoryBytes)} (one image per pass takes ${formatBytes(oneImage)}, this pass with --recompute ${formatBytes(recomputed)})`,
    remedy: remedy.charAt(0).toUpperCase() + remedy.slice(1),
  });
}
