/** @file Times iterations in a measured process: first call, warming up, median of the rest. */
import type { Clock } from '../../../core/clock.ts';
import { median } from '../../../results/benchmark/rounds.ts';

/** Milliseconds of one call. */
export function millisecondsOf(clock: Clock, call: () => void): number {
  const begun = clock.now();
  call();
  return clock.now() - begun;
}

/** Median milliseconds of `iterations` calls after `warm` that are not counted. */
export function medianOf(clock: Clock, { warm, iterations }: Iterations, call: (k: number) => void): number {
  for (let k = 0; k < warm; k++) call(k);
  return median(Array.from({ length: iterations }, (_, k) => millisecondsOf(clock, () => call(warm + k))));
}

export interface Iterations {
  readonly warm: number;
  readonly iterations: number;
}
