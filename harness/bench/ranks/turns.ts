/** @file Takes turns among the processes of a benchmark; the time until the last is done counts. */
import { HostRandom } from '../../core/random.ts';
import type { Clock } from '../../core/clock.ts';
import type { Team } from '../../ranks/team.ts';

export interface Contender {
  readonly name: string;
  /** Work of this process; absent: it waits while others work. */
  readonly work?: () => void | Promise<void>;
}

/** Seconds of each contender, by rounds. */
export type Turns = Readonly<Record<string, readonly number[]>>;

/** Rounds in orders drawn from the seed, the same in every process; one round before them is not counted. */
export async function takeTurns(
  team: Team,
  contenders: readonly Contender[],
  {
    rounds,
    clock,
    onRound,
  }: { readonly rounds: number; readonly clock: Clock; readonly onRound?: (done: number) => void },
): Promise<Turns> {
  const seconds: Record<string, number[]> = Object.fromEntries(contenders.map(({ name }) => [name, []]));
  for (let round = -1; round < rounds; round++) {
    const order = new HostRandom(0, 'bootstrap', round + 1).permutation(contenders.length);
    for (const i of order) {
      const { name, work } = contenders[i]!;
      await team.gather(name, null);
      const begun = clock.now();
      await work?.();
      await team.gather(`${name} done`, null);
      if (round >= 0) seconds[name]!.push((clock.now() - begun) / 1000);
    }
    onRound?.(round + 1);
  }
  return seconds;
}
