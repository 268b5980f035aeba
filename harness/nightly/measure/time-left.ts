/** @file Budget of a night: refuses one that is too small, and says how much is left. */
import { UsageError } from '../../core/errors.ts';
import type { Clock } from '../../core/clock.ts';
import type { Gate, NightlyRow } from '../row.ts';
import { byGroup } from './selection.ts';

/** Share of the budget that the first pairs leave for pairs of a second stage and for walking back. */
const reserve = 0.25;
/** Share of what is left when they begin that they may take in any case: cells may have been slow. */
const firstShare = 0.6;

/** Milliseconds until a moment. */
export interface Deadline {
  readonly left: () => number;
}

export interface NightTime {
  /** For first pairs that begin now. */
  readonly firstPairs: () => Deadline;
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
  const budget = 60_000 * minutes;
  const until = (moment: number): Deadline => ({ left: () => moment - clock.now() });
  const end = begun + budget;
  return {
    firstPairs: () => until(Math.max(end - reserve * budget, clock.now() + firstShare * (end - clock.now()))),
    whole: until(end),
  };
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
