/** @file Estimates the rate that a GPU sustains on training these networks, scaled from an A100's rate. */
import type { Calibration } from '../cost.ts';
import { deviceModels, type DeviceModel } from './models.ts';

/**
 * TFLOP/s of an A100 SXM of 80 GB, by the FLOP that `costOf` counts. High: ECT trains 1.024 million images of the same pattern of student
 * and teacher in one hour of an A100 under PyTorch (README and run_ecm_1hour.sh of locuslab/ect). Low: half of it, since TensorFlow.js
 * was measured on a CPU at half of PyTorch's speed; recipes/scales.ts sizes `hour` and `night` by it.
 */
const anchor = { low: 25, high: 48 } as const;

/** The most of its peak that a GPU was seen to sustain on convolutions in float32, recalled; it binds GPUs without TensorFloat-32. */
const mostOfPeak = 0.7;

/** FLOP per second. */
export interface SustainedRate {
  readonly low: number;
  /** The geometric mean of the ends, which errs by the same factor to either side. */
  readonly middle: number;
  readonly high: number;
}

/**
 * What the A100 sustains, times the ratio of the two GPUs. Half of such a step multiplies and half moves memory: the low end takes the
 * smaller ratio of peak and of bandwidth, the high end the larger one.
 *
 * `low = 25 min(p, b)`, `high = min(48 max(p, b), 0.7 peak)` TFLOP/s, `middle = sqrt(low high)`
 */
export function sustainedRate({ peak, bandwidth }: Pick<DeviceModel, 'peak' | 'bandwidth'>): SustainedRate {
  const [p, b] = [peak / deviceModels.a100.peak, bandwidth / deviceModels.a100.bandwidth];
  const low = 1e12 * anchor.low * Math.min(p, b);
  const high = 1e12 * Math.min(anchor.high * Math.max(p, b), mostOfPeak * peak);
  return { low, middle: Math.sqrt(low * high), high };
}

/** The estimate in the place of a measurement. */
export function estimatedCalibration(model: DeviceModel): Calibration {
  const { low, middle, high } = sustainedRate(model);
  return { flopsPerSecond: middle, device: model.name, basis: { kind: 'estimated', low, high } };
}
