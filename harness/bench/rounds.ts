/** @file Rounds in which every subject runs in turn, so that whatever slows the machine meets all of them. */
import PQueue from 'p-queue';
import { Bench } from 'tinybench';
import type { Run } from './protocol.ts';

export interface Runner {
  readonly name: string;
  /** Runs so many iterations; each duration ends with a synchronisation of the device. */
  readonly run: (iterations: number) => Promise<Run>;
}

/**
 * @param iterations of every runner in every round
 * @param onRound told after each turn of the last runner
 * @returns the runs of each runner, round by round
 */
export async function interleavedRounds(
  runners: readonly Runner[],
  rounds: number,
  iterations: readonly number[],
  onTurn: (turnsDone: number) => void = () => undefined,
): Promise<Run[][]> {
  // One turn at a time, first come first served: whoever has run queues up behind all others.
  const turns = new PQueue({ concurrency: 1 });
  const bench = new Bench({ concurrency: 'bench', iterations: rounds, time: 0, warmup: false, throws: true });
  const runs = runners.map((): Run[] => []);
  let done = 0;
  runners.forEach(({ name, run }, i) => {
    const turn = async () => {
      const taken = await turns.add(() => run(iterations[i]!));
      runs[i]!.push(taken);
      onTurn((done += 1));
      return { overriddenDuration: taken.milliseconds.reduce((sum, ms) => sum + ms, 0) / taken.milliseconds.length };
    };
    // Told, because finding out would take a turn.
    bench.add(name, turn, { async: true });
  });
  await bench.run();
  return runs;
}

/** Below this the change from one process to the other would show. */
const leastRoundMilliseconds = 400;

/** Iterations of a round, from a first measurement. */
export function iterationsPerRound(milliseconds: number): number {
  return Math.max(1, Math.round(leastRoundMilliseconds / milliseconds));
}
