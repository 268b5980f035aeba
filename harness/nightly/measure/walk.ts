/** @file Walks a change back over the commits between two builds, by halves, as long as there is time. */
import { judgePaired, logRatios } from '../statistics/gate.ts';
import type { Delivery, Walk } from '../night.ts';
import type { NightlyRow } from '../row.ts';

/** Whether a commit has the change; `unknown` where it cannot be built or told. */
export type Seen = 'changed' | 'unchanged' | 'unknown';

/**
 * @param commits from the one after the earlier build to tonight's, oldest first; the last has the change
 * @param seen asked of commits in between
 * @param hasTime asked before each
 */
export async function walkBack(
  row: string,
  commits: readonly string[],
  seen: (commit: string) => Promise<Seen>,
  hasTime: () => boolean,
): Promise<Walk> {
  let [from, to] = [0, commits.length - 1];
  let why = 'found by halves';
  while (from < to) {
    if (!hasTime()) {
      why = 'the budget is gone';
      break;
    }
    const middle = Math.floor((from + to) / 2);
    const found = await seen(commits[middle]!);
    if (found === 'changed') to = middle;
    else if (found === 'unchanged') from = middle + 1;
    else {
      why = `${commits[middle]!.slice(0, 12)} could not be told from either`;
      break;
    }
  }
  if (commits.length === 1) why = 'the only commit between the two builds';
  const between = commits.slice(from, to + 1);
  return { row, commit: between.length === 1 ? between[0]! : null, between, why };
}

/** What a commit shows beside the earlier build: hashes and counts by equality, paired rows by the gate's rule. */
export function seenIn(row: NightlyRow, delivery: Delivery, gate: Parameters<typeof judgePaired>[1]['gate']): Seen {
  if (delivery.kind === 'exact' && delivery.earlier)
    return delivery.tonight.sha256 === delivery.earlier.sha256 ? 'unchanged' : 'changed';
  if (delivery.kind === 'count' && delivery.earlier)
    return delivery.tonight.value === delivery.earlier.value ? 'unchanged' : 'changed';
  if (delivery.kind === 'paired' && (row.kind === 'speed' || row.kind === 'memory')) {
    const outcome = judgePaired(delivery.stages.map(logRatios), { gate, margin: row.margin })?.outcome;
    if (outcome === 'regressed') return 'changed';
    return outcome === 'same' || outcome === 'improved' ? 'unchanged' : 'unknown';
  }
  return 'unknown';
}
