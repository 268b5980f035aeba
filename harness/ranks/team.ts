/**
 * @file The processes that train one run together; one process alone is a team too.
 *
 * A rank is a process by its number. What ranks tell each other here is small and plain: gradients go through the engine.
 */

import type { HarnessError } from '../core/errors.ts';

export interface Team {
  readonly rank: number;
  readonly ranks: number;
  /** How a message names a rank: `rank 1 (process 812 on node7)`. */
  readonly nameOf: (rank: number) => string;
  /**
   * The values of all ranks in their order; waits for all of them, however long.
   * @param about what the value is: ranks that are at different places of the program are found out
   * @throws EngineError (exit code 75) when a rank was lost, naming it
   */
  gather<T>(about: string, value: T): Promise<readonly T[]>;
  /** Rank 0 tells all others, which `hear` it; returns once it is sent. */
  tell(value: unknown): void;
  /** What rank 0 tells next. @throws EngineError (exit code 75) when it was lost */
  hear(): Promise<unknown>;
  /** Tells the others why this rank ends before its work is done. */
  fail(why: string): void;
  /** Ends every wait for another rank with this: it was found lost by other means than its connection. */
  giveUp(failure: HarnessError): void;
  /** Ends the connections, once all ranks have come so far. */
  leave(): Promise<void>;
}

/** A process that works alone. */
export const alone: Team = {
  rank: 0,
  ranks: 1,
  nameOf: () => 'rank 0',
  gather: (_about, value) => Promise.resolve([value]),
  tell: () => undefined,
  hear: () => Promise.reject(new Error('nobody else is there')),
  fail: () => undefined,
  giveUp: () => undefined,
  leave: () => Promise.resolve(),
};
