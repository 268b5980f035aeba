/** @file Walks the red rows of a night back over the commits since the earlier build. */
import type { Night, Walk } from '../night.ts';
import type { NightVerdict } from '../verdict.ts';
import { commitsBetween, withBuild, type BuildOptions } from './builds.ts';
import type { Side } from './side.ts';
import { measureRows, type NightRequest } from './take-night.ts';
import { seenIn, walkBack, type Seen } from './walk.ts';

export interface WalksRequest {
  readonly night: Night;
  readonly verdict: NightVerdict;
  readonly request: NightRequest;
  readonly earlier: Side;
  readonly builds: BuildOptions;
}

/** None for a checkout with changed files, and for rows that have no value of the earlier build: what changed is no commit, or not since it. */
export async function takeWalks({ night, verdict, request, earlier, builds }: WalksRequest): Promise<Walk[]> {
  const { plan, build } = night;
  if (build.dirty) return [];
  const commits = commitsBetween(request.tonight.root, earlier.commit, build.commit);
  const red = verdict.rows.filter((row) => row.verdict === 'changed' || row.verdict === 'regressed');
  const { whole } = request.time;
  const walks: Walk[] = [];
  for (const { id } of red) {
    const row = plan.rows.find((one) => one.id === id);
    const delivery = night.deliveries[id];
    if (!row || !delivery || commits.length === 0 || seenIn(row, delivery, plan.gate) !== 'changed') continue;
    const seen = (commit: string): Promise<Seen> =>
      withBuild(request.tonight.root, commit, builds, async (made) => {
        if ('why' in made) return 'unknown';
        builds.say(`walking ${id} back: ${commit.slice(0, 12)}`);
        const selection = { rows: [row], leftOut: {} };
        const tonight = { ...made, dirty: false };
        const deliveries = await measureRows(
          { ...request, selection, tonight, time: { firstPairs: () => whole, whole } },
          earlier,
        );
        return seenIn(row, deliveries[id]!, plan.gate);
      });
    walks.push(await walkBack(id, commits, seen, () => whole.left() > 0));
  }
  return walks;
}
