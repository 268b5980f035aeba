/** @file Checks that every rank has the same before ranks compute together, and the same result afterwards. */
import { EngineError, described } from '../core/errors.ts';
import type { Team } from './team.ts';

/** What must be equal, by what a person calls it: `plan`, `code`, `images`. */
export type Facts = Readonly<Record<string, string>>;

/**
 * @param about what the ranks are about to do, or have done
 * @throws EngineError on every rank, naming the first rank that differs from rank 0, and in what
 */
export async function requireSame(team: Team, about: string, facts: Facts): Promise<void> {
  const all = await team.gather(about, facts);
  const [first] = all as readonly [Facts, ...Facts[]];
  for (const [rank, own] of all.entries()) {
    const what = [...new Set([...Object.keys(first), ...Object.keys(own)])].find((name) => first[name] !== own[name]);
    if (what === undefined) continue;
    throw new EngineError({
      where: `${team.nameOf(rank)}, ${about}`,
      got: described(`${what} ${shortened(own[what])}`),
      expected: `${shortened(first[what])}, as ${team.nameOf(0)} has`,
      remedy: 'Start every rank from the same commit, plan, data and checkpoints, on machines of one kind',
    });
  }
}

function shortened(value: string | undefined): string {
  if (value === undefined) return 'nothing';
  return /^[0-9a-f]{40,}$/.test(value) ? value.slice(0, 16) : value;
}
