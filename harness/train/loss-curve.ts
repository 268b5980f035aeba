/** @file Loss curve of a run: means over a few hundred stretches of steps, none across a change of N. */
import type { Timetable } from '../plan/timetable.ts';
import type { AsRun } from '../plan/types.ts';

/** The mean loss of the stretch that ends after `step` steps. */
export interface LossPoint {
  readonly step: number;
  readonly images: number;
  readonly loss: number;
  /** N of the stretch. */
  readonly levels: number;
}

/** The points so far, and the sum of the stretch that is not yet one. */
export interface LossCurve {
  readonly loss: LossPoint[];
  readonly stretch: { sum: number; count: number };
}

const curvePoints = 400;

/**
 * Adds the loss of step k. A stretch ends after steps / 400 steps, before N changes, and with the run.
 * @param k steps taken before
 * @returns the point that this step completes; null inside a stretch
 */
export function addLoss(
  { loss: points, stretch }: LossCurve,
  { steps, batchImages }: Pick<AsRun, 'steps' | 'batchImages'>,
  timetable: Timetable,
  k: number,
  loss: number,
): LossPoint | null {
  stretch.sum += loss;
  stretch.count += 1;
  const done = k + 1;
  const perPoint = Math.ceil(steps / curvePoints);
  const { N } = timetable.at(k);
  // Where every step is a point, none crosses a change.
  const lastOfStage = done < steps && perPoint > 1 && timetable.at(done).N !== N;
  if (stretch.count < perPoint && !lastOfStage && done < steps) return null;
  const point = { step: done, images: done * batchImages, loss: stretch.sum / stretch.count, levels: N };
  points.push(point);
  stretch.sum = 0;
  stretch.count = 0;
  return point;
}
