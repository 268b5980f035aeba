/** @file Words and numbers of a night's outputs: verdicts, changes, values by unit. */
import { formatBytes, formatDuration, significant } from '../../core/units.ts';
import { intervalText, percentText } from '../../report/words/numbers.ts';
import type { Night } from '../night.ts';
import { rowVerdicts, type RowVerdict, type RowVerdictKind } from '../verdict.ts';
import type { Calibration } from './past.ts';

/** A verdict as a reader sees it. */
const verdictWords: Readonly<Record<RowVerdictKind, string>> = {
  equal: 'equal',
  same: 'same',
  improved: 'improved',
  accepted: 'accepted',
  new: 'new',
  'left-out': 'left out',
  'cannot-tell': 'cannot tell tonight',
  changed: 'changed',
  regressed: 'regressed',
  missing: 'missing',
  vanished: 'vanished',
};

export function verdictText(kind: RowVerdictKind): string {
  return verdictWords[kind];
}

/** Red rows first, else in the order of the plan. */
export function redFirst(rows: readonly RowVerdict[]): readonly RowVerdict[] {
  const isRed = ({ verdict }: RowVerdict): boolean => rowVerdicts[verdict].red;
  return [...rows.filter(isRed), ...rows.filter((row) => !isRed(row))];
}

/** Rows with something to say of their own. */
export function judgedRows(rows: readonly RowVerdict[]): readonly RowVerdict[] {
  return rows.filter(({ verdict }) => verdict !== 'left-out');
}

/** The others by reason, a line each: `Left out (not part of --quick): a, b` */
export function leftOutLines(rows: readonly RowVerdict[]): string[] {
  const reasons = new Map<string, string[]>();
  for (const { id, verdict, why } of rows) {
    if (verdict === 'left-out') reasons.set(why, [...(reasons.get(why) ?? []), id]);
  }
  return [...reasons].map(([why, ids]) => `Left out (${why}): ${ids.join(', ')}`);
}

/** 0.051 -> `+5.1 %`, -0.08 -> `\u22128 %`: two digits, the sign always written. */
export function changeText(change: number): string {
  const text = percentText(Number(change.toPrecision(2)));
  return change > 0 ? `+${text}` : text;
}

/** `+5.1 % (+4.5 % to +5.7 %)`; a dash where nothing was paired. */
export function changeWithInterval({ change }: Pick<RowVerdict, 'change'>): string {
  return change ? `${changeText(change.estimate)} (${intervalText(change.interval, changeText)})` : '\u2013';
}

/** A value of a row: milliseconds and bytes in the unit that reads best, others as they are. */
export function valueText(value: number, unit: string): string {
  if (unit === 'ms') return value < 1000 ? `${significant(value, 3)}\u00a0ms` : formatDuration(value / 1000);
  if (unit === 'bytes') return formatBytes(value);
  return `${value.toLocaleString('en-US', { maximumSignificantDigits: 6 })} ${unit}`;
}

/** 2026-03-02T02:00:00.000Z -> `2026-03-02`. */
export function dayText(time: string): string {
  return time.slice(0, 10);
}

/** The first ten digits of a commit. */
export function commitText(commit: string): string {
  return commit.slice(0, 10);
}

/** Tonight's build, stamped where files differed from its commit. */
export function buildText({ build }: Pick<Night, 'build'>): string {
  return `${commitText(build.commit)}${build.dirty ? ', with changes that are not committed' : ''}`;
}

/** The build that tonight's ran beside, or why there was none. */
export function againstText({ against }: Night): string {
  if ('build' in against) return `${against.ref} (${buildText(against)})`;
  return against.ref === null ? `none: ${against.why}` : `none: ${against.ref}, ${against.why}`;
}

/** What the gate was found to be worth on this machine. */
export function calibrationText(calibration: Calibration | null): string {
  if (!calibration) return 'Not calibrated on this machine: its false-alarm rate here is not known';
  const { falseAlarms, simulatedNights, at } = calibration;
  const nights = simulatedNights.toLocaleString('en-US');
  return `False alarms of the whole suite: ${falseAlarms} in ${nights} simulated nights (calibrated ${dayText(at)})`;
}

/** The smallest slowdown of a row that is found 95 times in 100 here; a dash where it is not known. */
export function smallestFoundText(calibration: Calibration | null, id: string): string {
  const size = calibration?.smallestFound[id];
  if (size === undefined) return '\u2013';
  return size === null ? 'none that was tried' : percentText(size);
}
