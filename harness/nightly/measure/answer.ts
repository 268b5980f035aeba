/** @file Measures a group in this process and makes the answer for its rows. */
import { engineFacts } from '../../engine/engine.ts';
import { collectMachine } from '../../results/origin/machine.ts';
import type { NightlyPlan } from '../row.ts';
import { groups } from './groups/groups.ts';
import { probeProtocol, type ProbeAnswer, type ProbeValue } from './protocol.ts';
import type { GroupContext } from './work.ts';

/** Values of the rows that the plan of this build has in the group; a group that it does not know has none. */
export async function answerOf(
  group: string,
  plan: Pick<NightlyPlan, 'rows'>,
  context: GroupContext,
): Promise<ProbeAnswer> {
  const values = (await groups[group]?.(context)) ?? {};
  const machine = collectMachine(engineFacts(context.engine));
  return { protocol: probeProtocol, machine, rows: versioned(plan.rows, group, values) };
}

function versioned(
  rows: NightlyPlan['rows'],
  group: string,
  values: Readonly<Record<string, ProbeValue>>,
): ProbeAnswer['rows'] {
  const known = rows.flatMap(({ id, version, group: own }) => {
    const value = own === group ? values[id] : undefined;
    return value ? [[id, { version, value }] as const] : [];
  });
  return Object.fromEntries(known);
}
