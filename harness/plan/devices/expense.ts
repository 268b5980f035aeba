/** @file Computes the expense of a command on one device: time, energy, money, memory. */
import type { Calibration, Cost } from '../cost.ts';
import type { Plan } from '../types.ts';
import { memoryFit, type MemoryFit } from './fit.ts';

/** An amount with the ends between which an estimate expects it; all three equal where the rate was measured or given. */
export interface Span {
  readonly low: number;
  readonly middle: number;
  readonly high: number;
}

export interface Expense {
  readonly calibration: Calibration;
  readonly scale: string;
  readonly cells: number;
  /** Cells run one after the other on one device, so this is wall time and device time in one. */
  readonly deviceSeconds: Span;
  /** Joules at the board's greatest power, without the machine around it; null where that power is not known. */
  readonly joules: Span | null;
  /** At the price per device hour that was given. */
  readonly money: Span | null;
  /** The cell that takes the most memory; null where the device's memory is not known. */
  readonly memory: MemoryFit | null;
  /** Smallest and largest number of images per pass of the cells. */
  readonly passImages: readonly [number, number];
}

/** What is known of the device beside its rate. */
export interface DeviceTerms {
  readonly memoryBytes?: number;
  readonly watts?: number;
  readonly pricePerHour?: number;
}

/** The sum over the cells of one scale; scoring is not counted. */
export function expenseOf(
  plans: readonly [Plan, ...Plan[]],
  costs: readonly Cost[],
  calibration: Calibration,
  { memoryBytes, watts, pricePerHour }: DeviceTerms,
): Expense {
  const flop = costs.reduce((sum, { trainFlop, sampleFlop }) => sum + trainFlop + sampleFlop, 0);
  const { flopsPerSecond, basis } = calibration;
  const [fastest, slowest] = basis?.kind === 'estimated' ? [basis.high, basis.low] : [flopsPerSecond, flopsPerSecond];
  const deviceSeconds = { low: flop / fastest, middle: flop / flopsPerSecond, high: flop / slowest };
  const passes = plans.map(({ engine }) => engine.microBatchImages);
  const fits = memoryBytes === undefined ? [] : plans.map((plan) => memoryFit(plan, memoryBytes));
  return {
    calibration,
    scale: plans[0].scale.id,
    cells: plans.length,
    deviceSeconds,
    joules: watts === undefined ? null : times(deviceSeconds, watts),
    money: pricePerHour === undefined ? null : times(deviceSeconds, pricePerHour / 3600),
    memory: fits.reduce<MemoryFit | null>((most, one) => (most && most.peakBytes > one.peakBytes ? most : one), null),
    passImages: [Math.min(...passes), Math.max(...passes)],
  };
}

function times({ low, middle, high }: Span, factor: number): Span {
  return { low: low * factor, middle: middle * factor, high: high * factor };
}
