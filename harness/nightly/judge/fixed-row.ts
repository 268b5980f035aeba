/** @file Judges rows that allow no difference: hashes and counts against the last accepted value. */
import { significant } from '../../core/units.ts';
import type { AcceptedValue, NightHistory } from '../history-entry.ts';
import type { CountValue, Delivery, ExactValue, Night } from '../night.ts';
import { commitText, dayText } from '../output/words.ts';
import type { NightlyRow } from '../row.ts';
import type { RowVerdict, RowVerdictKind } from '../verdict.ts';
import { referenceOf, type Reference, type ReferenceRule } from './reference.ts';

type ExactRow = Extract<NightlyRow, { kind: 'exact' }>;
type CountRow = Extract<NightlyRow, { kind: 'count' }>;
type Judged = Pick<RowVerdict, 'verdict' | 'why' | 'since'>;

/**
 * The hash of an exact row: equal to the last accepted one on this machine, or where there is none to the earlier build's of the same hour, or
 * in numbers, within the row's tolerance, to the last on another machine.
 */
export function judgeExact(
  row: ExactRow,
  delivery: Extract<Delivery, { kind: 'exact' }>,
  night: Night,
  history: NightHistory,
): Judged {
  const { tonight, earlier } = delivery;
  const rule: ReferenceRule<ExactValue> = {
    delivered: (one) => (one.kind === 'exact' ? one.tonight : null),
    accepted: (value: AcceptedValue) => (value.kind === 'exact' ? value : null),
    equal: (one, other) => one.sha256 === other.sha256,
    better: () => false,
  };
  const reference = referenceOf(history.entries, row, rule);
  const say = (before: ExactValue): string => movedNumbers(before.numbers, tonight.numbers);
  if (reference) {
    return rule.equal(tonight, reference.value)
      ? equalTo(reference)
      : changedFrom(reference, row, night, say(reference.value));
  }
  if (earlier) return besideEarlier(rule.equal(tonight, earlier), row, night, say(earlier));
  const elsewhere = referenceOf(history.elsewhere, row, rule);
  if (!elsewhere || Object.keys(tonight.numbers).length === 0) return firstNight(elsewhere !== null);
  const apart = largestGap(elsewhere.value.numbers, tonight.numbers);
  const within = `largest relative difference ${significant(apart, 2)}, allowed ${significant(row.tolerance, 2)}`;
  const where = `no night on this machine and its versions; compared by numbers with another's of ${dayText(elsewhere.at)}`;
  if (apart <= row.tolerance) return { verdict: 'equal', why: `${where}: ${within}`, since: null };
  const since = sinceOf(row, night, null);
  return { verdict: 'changed', why: `${where}: ${within}; ${say(elsewhere.value)}`, since };
}

/** A count: tolerance 0; better ones are improvements and from then on the reference, worse ones name the parts that grew. */
export function judgeCount(
  row: CountRow,
  delivery: Extract<Delivery, { kind: 'count' }>,
  night: Night,
  history: NightHistory,
): Judged {
  const { tonight, earlier } = delivery;
  const better = (one: number, other: number): boolean => (row.better === 'lower' ? one < other : one > other);
  const rule: ReferenceRule<CountValue> = {
    delivered: (one) => (one.kind === 'count' ? one.tonight : null),
    accepted: (value: AcceptedValue) => (value.kind === 'count' ? value : null),
    equal: (one, other) => one.value === other.value,
    better: (one, other) => better(one.value, other.value),
  };
  const reference = referenceOf(history.entries, row, rule);
  const before = reference?.value ?? earlier;
  if (!before) return firstNight(false);
  const say = `${before.value} to ${tonight.value} ${row.unit}; ${movedParts(before.parts, tonight.parts)}`;
  if (better(tonight.value, before.value)) return { verdict: 'improved', why: say, since: null };
  if (!reference) return besideEarlier(rule.equal(tonight, before), row, night, say);
  return rule.equal(tonight, before) ? equalTo(reference) : changedFrom(reference, row, night, say);
}

function equalTo({ at, commit, why, fresh }: Reference<unknown>): Judged {
  const verdict: RowVerdictKind = fresh ? 'accepted' : 'equal';
  const origin = `${commitText(commit)} of ${dayText(at)}`;
  return { verdict, why: why === null ? `as ${origin}` : `as accepted: ${origin}: ${why}`, since: null };
}

function changedFrom(reference: Reference<unknown>, row: NightlyRow, night: Night, what: string): Judged {
  const since = sinceOf(row, night, reference.differsSince);
  const origin = `${commitText(reference.commit)} of ${dayText(reference.at)}`;
  const first = since === null ? '' : `, first seen at ${commitText(since)}`;
  return { verdict: 'changed', why: `differs from ${origin}${first}: ${what}; red until it is accepted`, since };
}

function besideEarlier(equal: boolean, row: NightlyRow, night: Night, what: string): Judged {
  const name = 'build' in night.against ? commitText(night.against.build.commit) : 'the earlier build';
  if (equal) return { verdict: 'equal', why: `no history; equal to ${name}, run in the same hour`, since: null };
  const since = sinceOf(row, night, null);
  return { verdict: 'changed', why: `no history; differs from ${name}, run in the same hour: ${what}`, since };
}

function firstNight(hashAlone: boolean): Judged {
  const why = hashAlone
    ? 'nothing to compare with yet: no night on this machine and its versions, and no numbers to compare with those of another'
    : 'nothing to compare with yet: no earlier night and no earlier build';
  return { verdict: 'new', why, since: null };
}

/** The commit that a walk named, or the first night's that differed. */
function sinceOf({ id }: NightlyRow, night: Night, differsSince: string | null): string | null {
  const walked = night.walks.find(({ row }) => row === id)?.commit ?? null;
  return walked ?? differsSince ?? (night.build.dirty ? null : night.build.commit);
}

const mostNamed = 3;

function movedParts(before: Readonly<Record<string, number>>, now: Readonly<Record<string, number>>): string {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])];
  const moved = names
    .map((name) => ({ name, by: (now[name] ?? 0) - (before[name] ?? 0) }))
    .filter(({ by }) => by !== 0)
    .sort((a, b) => Math.abs(b.by) - Math.abs(a.by));
  if (moved.length === 0) return 'no part moved';
  const named = moved.slice(0, mostNamed).map(({ name, by }) => `${name} ${by > 0 ? '+' : '-'}${Math.abs(by)}`);
  return `${named.join(', ')}${more(moved.length)}`;
}

function movedNumbers(before: Readonly<Record<string, number>>, now: Readonly<Record<string, number>>): string {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])];
  const moved = names.filter((name) => before[name] !== now[name]);
  if (moved.length === 0) return 'its numbers are the same, its bytes are not';
  const text = (value: number | undefined): string => (value === undefined ? 'nothing' : significant(value, 8));
  const named = moved.slice(0, mostNamed).map((name) => `${name} ${text(before[name])} to ${text(now[name])}`);
  return `${named.join(', ')}${more(moved.length)}`;
}

function more(count: number): string {
  return count > mostNamed ? ` and ${count - mostNamed} more` : '';
}

/** The largest |a - b| / max(|a|, |b|) of numbers by name; infinite where a name is on one side alone. */
function largestGap(before: Readonly<Record<string, number>>, now: Readonly<Record<string, number>>): number {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])];
  const gaps = names.map((name) => {
    const [a, b] = [before[name], now[name]];
    if (a === undefined || b === undefined) return Infinity;
    return a === b ? 0 : Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b));
  });
  return Math.max(0, ...gaps);
}
