/**
 * @file Clock interface and the system clock; clocks are passed as arguments, never read from a global.
 *
 * Tests move time by hand, and results say which clock timed them.
 */

export interface Clock {
  /** Monotonic milliseconds; only differences mean anything. */
  now(): number;
  /** The calendar, for provenance only. */
  date(): Date;
}

export const systemClock: Clock = {
  // eslint-disable-next-line no-restricted-properties -- the one place that reads the system's clocks
  now: () => performance.now(),
  date: () => new Date(),
};
