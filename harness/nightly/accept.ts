/** @file Makes the entry of the history that accepts what the last night found of a row. */
import { described, UsageError } from '../core/errors.ts';
import { suggestion } from '../core/suggest.ts';
import type { AcceptedValue, Acceptance, HistoryEntry } from './history-entry.ts';
import { floorOf, judgeRow, vanishedRows } from './judge-night.ts';
import type { Night } from './night.ts';
import { rowVerdicts, type RowVerdict } from './verdict.ts';

/**
 * The acceptance of a row: the value of the last night, or its removal where it is no longer planned.
 * @param why kept in the history and shown on the page
 * @param at ISO 8601
 * @throws UsageError where there is no night, no such row, nothing to accept, or no reason
 */
export function acceptanceOf(entries: readonly HistoryEntry[], id: string, why: string, at: string): Acceptance {
  if (why.trim() === '') refuse('--why', why, 'a reason, which the history keeps', 'Say why the change is meant');
  const last = entries.findLastIndex((entry) => entry.kind === 'night');
  const entry = entries[last];
  if (entry?.kind !== 'night') refuse('accept', described('no night'), 'a history with one', 'Run a night first');
  const { night } = entry;
  // Acceptances that followed the night count: what they settled is no longer red.
  const history = { entries: entries.filter((_, i) => i !== last), elsewhere: [] };
  const gone = vanishedRows(night, history.entries);
  const row = night.plan.rows.find((one) => one.id === id);
  const made = (value: AcceptedValue, version: number): Acceptance => ({
    kind: 'acceptance',
    at,
    row: id,
    version,
    value,
    why: why.trim(),
    commit: night.build.commit,
  });
  if (!row) {
    if (gone.some((one) => one.id === id)) return made({ kind: 'removed' }, 1);
    const known = [...night.plan.rows.map((one) => one.id), ...gone.map((one) => one.id)];
    refuse('row', id, 'a row of the last night', suggestion(id, known));
  }
  const calibrated = entries.slice(0, last).findLast((one) => one.kind === 'calibration');
  const verdict = judgeRow(row, night, history, floorOf(row, calibrated?.calibration ?? null));
  if (!rowVerdicts[verdict.verdict].red) {
    refuse(`row ${id}`, verdict.verdict, 'a row that is red', 'Nothing needs to be accepted');
  }
  const value = valueIn(night, verdict);
  if (!value)
    refuse(`row ${id}`, verdict.verdict, 'a value to accept', 'Mend what kept it away, or take it out of the plan');
  return made(value, row.version);
}

function valueIn({ deliveries, against }: Night, { id, change }: RowVerdict): AcceptedValue | null {
  const delivery = deliveries[id];
  if (delivery?.kind === 'exact' || delivery?.kind === 'count') {
    return { ...delivery.tonight, kind: delivery.kind } as AcceptedValue;
  }
  if (!change) return null;
  return { kind: 'change', estimate: change.estimate, against: 'build' in against ? against.build.commit : null };
}

function refuse(where: string, got: unknown, expected: string, remedy: string): never {
  throw new UsageError({ where, got, expected, remedy });
}
