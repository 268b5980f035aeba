/** @file Thins a loss curve of millions of steps for a page, keeping the jumps of the curriculum. */
import type { LossPoint } from './schema.ts';

/** A training step as the log has it. */
export interface LossStep {
  readonly step: number;
  readonly images: number;
  readonly loss: number;
  readonly levels: number;
}

/**
 * At most `limit` points, each the mean loss of a run of consecutive logged steps and placed at its last step. A run ends where
 * the number of levels changes, so that no mean crosses a change of N as long as the limit allows.
 * @param steps in ascending order
 */
export function thinLoss(steps: readonly LossStep[], limit: number): LossPoint[] {
  if (steps.length <= limit) return steps.map(({ step, images, loss, levels }) => ({ step, images, loss, levels }));
  const stages = new Set(steps.map(({ levels }) => levels)).size;
  const respectLevels = stages <= limit / 4;
  const perPoint = Math.ceil(steps.length / (respectLevels ? limit - stages : limit));
  const points: LossPoint[] = [];
  let run: LossStep[] = [];
  for (const [i, step] of steps.entries()) {
    run.push(step);
    const next = steps[i + 1];
    if (next && run.length < perPoint && !(respectLevels && next.levels !== step.levels)) continue;
    points.push({
      step: step.step,
      images: step.images,
      loss: run.reduce((sum, { loss }) => sum + loss, 0) / run.length,
      levels: step.levels,
    });
    run = [];
  }
  return points;
}
