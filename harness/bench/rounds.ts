/** @file Runs all subjects in turn, in rounds, so that a slowdown of the machine affects all of them. */
import { HostRandom } from '../core/random.ts';
import type { Run } from './protocol.ts';

export interface Runner {
  readonly name: string;
  /** Runs so many iterations; each duration ends with a synchronisation of the device. */
  readonly run: (iterations: number) => Promise<Run>;
}

/**
 * Each round has an order of its own, drawn from the seed: whom a subject follows would otherwise be part of its time.
 * @param iterations of every runner in every round
 * @param onTurn told after each turn how many are done
 * @returns the runs of each runner, round by round
 */
export async function interleavedRounds(
  runners: readonly Runner[],
  rounds: number,
  iterations: readonly number[],
  onTurn: (turnsDone: number) => void = () => undefined,
): Promise<Run[][]> {
  const runs = runners.map((): Run[] => []);
  let done = 0;
  for (let round = 0; round < rounds; round++) {
    for (const i of new HostRandom(0, 'bootstrap', round).permutation(runners.length)) {
      runs[i]!.push(await runners[i]!.run(iterations[i]!));
      onTurn((done += 1));
    }
  }
  return runs;
}

/** Below this the change from one process to the other would show. */
const leastRoundMilliseconds = 400;

/** Iterations of a round, from a first measurement. */
export function iterationsPerRound(milliseconds: number): number {
  return Math.max(1, Math.round(leastRoundMilliseconds / milliseconds));
}
