/** @file Budget of a night: refuses one that is too small, and says how much is left. */
import { UsageError } from '../../core/errors.ts';
import type { Clock } from '../../core/clock.ts';
import type { Gate, NightlyRow } from '../row.ts';
import { byGroup } from './selection.ts';

/** Share that the first pairs leave for pairs of a second stage and for walking back. */
const reserve = 0.25;

/** Milliseconds until a moment. */
export interface Deadline {
  readonly left: () => number;
}

export interface NightTime {
  /** For everything but second stages and walks. */
  readonly first: Deadline;
  readonly whole: Deadline;
}

/** @throws UsageError when the budget cannot hold the least that a night needs */
export function beginBudget(minutes: number, rows: readonly NightlyRow[], gate: Gate, clock: Clock): NightTime {
  const least = Math.ceil(leastSeconds(rows, gate) / 60);
  if (minutes < least) {
    throw new UsageError({
      where: '--budget',
      got: minutes,
      expected: `at least ${least} minutes: one round of ${rows.length} rows`,
      remedy: 'Give more time, or fewer rows with --only or --quick',
    });
  }
  const begun = clock.now();
  const until = (milliseconds: number): Deadline => ({ left: () => begun + milliseconds - clock.now() });
  return { first: until(60_000 * minutes * (1 - reserve)), whole: until(60_000 * minutes) };
}

/** Seconds of one value of each row: its budget, of paired rows the share of one pair. */
export function leastSeconds(rows: readonly NightlyRow[], { mostPairs }: Gate): number {
  let sum = 0;
  for (const group of byGroup(rows).values()) sum += Math.max(...group.map((row) => secondsOfOne(row, mostPairs)));
  return sum;
}

function secondsOfOne(row: NightlyRow, mostPairs: number): number {
  return row.kind === 'speed' || row.kind === 'memory' ? row.budgetSeconds / mostPairs : row.budgetSeconds / 4;
}
