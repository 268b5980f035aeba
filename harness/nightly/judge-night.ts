/** @file Judges a night, row by row, by its own pairs and by the history of its machine. */
import type { HistoryEntry, NightHistory } from './history-entry.ts';
import { judgeCount, judgeExact } from './judge/fixed-row.ts';
import { judgePairedRow, judgeQuality } from './judge/measured-row.ts';
import type { Night } from './night.ts';
import { commitText, dayText } from './output/words.ts';
import type { NightlyRow } from './row.ts';
import type { Calibration } from './statistics/calibrate.ts';
import { rowVerdicts, type NightVerdict, type RowVerdict } from './verdict.ts';

/**
 * The verdict of a night: one per planned row, in the order of the plan, then the rows that vanished from it. Red where one of them is; a row
 * that cannot be judged is never called the same.
 * @param calibration of this machine, whose error rate the headline states; null before the first
 */
export function judgeNight(night: Night, history: NightHistory, calibration: Calibration | null): NightVerdict {
  const rows = [
    ...night.plan.rows.map((row) => judgeRow(row, night, history, floorOf(row, calibration))),
    ...vanishedRows(night, history.entries),
  ];
  const red = rows.filter(({ verdict }) => rowVerdicts[verdict].red);
  return { red: red.length > 0, headline: headline(rows, red, calibration), rows };
}

/** Of the row in this version; undefined where it was not calibrated. */
export function floorOf({ id, version }: NightlyRow, calibration: Calibration | null): number | undefined {
  return calibration?.rows.find((row) => row.id === id && row.version === version)?.floor;
}

/** The verdict of one planned row. @param floor of its calibration on this machine */
export function judgeRow(row: NightlyRow, night: Night, history: NightHistory, floor?: number): RowVerdict {
  const delivery = night.deliveries[row.id];
  const plain = { id: row.id, change: null, couldHaveSeen: null, since: null };
  if (!delivery) return { ...plain, verdict: 'missing', why: 'planned, and nothing was delivered' };
  if (delivery.kind === 'missing' || delivery.kind === 'left-out') {
    return { ...plain, verdict: delivery.kind, why: delivery.why };
  }
  if (row.kind === 'exact' && delivery.kind === 'exact') {
    return { ...plain, ...judgeExact(row, delivery, night, history) };
  }
  if (row.kind === 'count' && delivery.kind === 'count') {
    return { ...plain, ...judgeCount(row, delivery, night, history) };
  }
  if (row.kind === 'quality' && delivery.kind === 'quality') {
    return { id: row.id, ...judgeQuality(row, delivery, night, history) };
  }
  if ((row.kind === 'speed' || row.kind === 'memory') && delivery.kind === 'paired') {
    return { id: row.id, ...judgePairedRow(row, delivery, night, history, floor) };
  }
  return { ...plain, verdict: 'missing', why: `a row of kind ${row.kind} was delivered as ${delivery.kind}` };
}

/** Rows that a night of this machine had planned, that tonight's plan no longer has, and whose removal nobody accepted. */
export function vanishedRows(night: Night, entries: readonly HistoryEntry[]): RowVerdict[] {
  const known = new Map<string, { readonly last: string; since: string | null }>();
  for (const entry of entries) {
    if (entry.kind === 'acceptance' && entry.value.kind === 'removed') known.delete(entry.row);
    if (entry.kind !== 'night') continue;
    const planned = new Set(entry.night.plan.rows.map(({ id }) => id));
    for (const [id, one] of known) if (!planned.has(id)) one.since ??= entry.night.build.commit;
    for (const id of planned) known.set(id, { last: entry.at, since: null });
  }
  return [...known]
    .filter(([id]) => !night.plan.rows.some((row) => row.id === id))
    .map(([id, { last, since }]) => {
      const first = since ?? night.build.commit;
      const why = `planned until ${dayText(last)}, no longer since ${commitText(first)}; red until its removal is accepted`;
      return { id, verdict: 'vanished' as const, why, change: null, couldHaveSeen: null, since: first };
    });
}

const mostNamed = 3;

function headline(rows: readonly RowVerdict[], red: readonly RowVerdict[], calibration: Calibration | null): string {
  const counts = new Map<string, number>();
  for (const { verdict } of rows) counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  const all = [...counts].map(([verdict, count]) => `${count} ${verdict}`).join(', ');
  const named = red.slice(0, mostNamed).map(({ id, verdict }) => `${id} ${verdict}`);
  const more = red.length > mostNamed ? ` and ${red.length - mostNamed} more` : '';
  const state = red.length > 0 ? `Red: ${named.join(', ')}${more}` : 'Green';
  const rate = calibration
    ? `false alarms of speed and memory: ${calibration.falseAlarms.count} in ${calibration.falseAlarms.of} simulated nights`
    : 'not calibrated on this machine: how often it alarms falsely is not known';
  return `${state} (${all}); ${rate}`;
}
