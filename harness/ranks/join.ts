/** @file Joins the ranks of a training: they meet, compare what they have, and let TensorFlow connect them. */
import { guarded, joinGroup, lostPeer, stopWatching, watchGroup, type Group } from '../engine/engine.ts';
import { meet, type MeetingOptions } from './meeting.ts';
import { requireSame, type Facts } from './same.ts';
import type { Team } from './team.ts';

export interface JoinOptions extends MeetingOptions {
  /** After which a step fails in which a rank takes no part. */
  readonly timeoutSeconds: number;
  readonly facts: Facts;
}

/** Ranks that have joined. */
export interface Ranks {
  readonly team: Team;
  readonly group: Group;
  /** Calls work in which all ranks take part. @throws EngineError naming the rank that was lost */
  readonly together: <T>(work: () => T) => T;
  /** Leaves when all ranks have come so far. */
  readonly leave: () => Promise<void>;
}

/**
 * To be called once, before the first tensor is made.
 * @throws as `meet`, `requireSame` and `joinGroup`
 */
export async function joinRanks({ timeoutSeconds, facts, ...meeting }: JoinOptions): Promise<Ranks> {
  const { team, addresses } = await meet(meeting);
  try {
    await requireSame(team, 'before the first step', facts);
    const group = joinGroup({ addresses, rank: team.rank, timeoutSeconds });
    // A rank is watched only when its server is up, and no longer when it may have left.
    await team.gather('joined', null);
    watchGroup(group);
    return ranksOf(team, group, addresses);
  } catch (thrown) {
    team.fail(thrown instanceof Error ? thrown.message : String(thrown));
    throw thrown;
  }
}

/** Between two looks at what the watch has found. */
const lookEveryMs = 500;

function ranksOf(team: Team, group: Group, addresses: readonly string[]): Ranks {
  const addressOf = (rank: number): string => addresses[rank] ?? 'unknown';
  // A process that was stopped keeps its connections: only the watch finds out, and a wait between steps must end too.
  const looking = setInterval(() => {
    const lost = lostPeer(addressOf);
    if (lost) team.giveUp(lost);
  }, lookEveryMs);
  looking.unref();
  return {
    team,
    group,
    together: (work) => guarded(group, addressOf, work),
    leave: async () => {
      await team.gather('all work is done', null);
      clearInterval(looking);
      stopWatching();
      await team.leave();
    },
  };
}
