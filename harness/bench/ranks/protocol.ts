/** @file Jobs of the measured ranks of `npm run bench -- all-reduce | scaling`. */

export interface AllReduceJob {
  readonly task: 'all-reduce';
  readonly ranks: number;
  readonly rounds: number;
  readonly threads: number;
  readonly bytes: number;
}

export interface ScalingJob {
  readonly task: 'scaling';
  readonly ranks: number;
  readonly rounds: number;
  /** Of the process that works alone; ranks share them. */
  readonly threads: number;
  readonly size: string;
  /** Steps that are timed together. */
  readonly steps: number;
}
