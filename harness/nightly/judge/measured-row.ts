/** @file Judges rows that are measured: speed and memory in pairs or by history alone, quality by seeds. */
import { significant } from '../../core/units.ts';
import { meanOf, pairedDifference, predictionInterval, type Interval } from '../../judge/statistics.ts';
import type { HistoryEntry, NightHistory } from '../history-entry.ts';
import type { Delivery, Night } from '../night.ts';
import { changeText, dayText } from '../output/words.ts';
import type { NightlyRow, PairedRow } from '../row.ts';
import { median } from '../statistics/change-points.ts';
import { couldHaveSeen, judgePaired, logRatios, type PairedJudgement } from '../statistics/gate.ts';
import type { RowVerdict, RowVerdictKind } from '../verdict.ts';

type QualityRow = Extract<NightlyRow, { kind: 'quality' }>;
type Judged = Omit<RowVerdict, 'id'>;

/** A row of speed or memory: by pairs with the earlier build, or where there are none by history alone. */
export function judgePairedRow(
  row: PairedRow,
  { stages }: Extract<Delivery, { kind: 'paired' }>,
  night: Night,
  history: NightHistory,
  floor?: number,
): Judged {
  const rule = { gate: night.plan.gate, margin: row.margin, ...(floor !== undefined && { floor }) };
  const ratios = stages.map(logRatios);
  const judged = judgePaired(ratios, rule);
  if (!judged) return judgeByHistory(row, night, history);
  const seen = couldHaveSeen(ratios, rule, row.id);
  const { change } = judged;
  const base = { change, couldHaveSeen: seen, since: null };
  const why = pairedWords(judged, { ...row, ...(floor !== undefined && { floor }) }, ratios, seen);
  if (judged.outcome !== 'regressed') return { ...base, verdict: judged.outcome, why };
  const accepted = acceptedChange(row, night, history.entries);
  if (accepted && change.interval.low <= (1 + accepted.estimate) * (1 + row.margin) - 1) {
    return { ...base, verdict: 'accepted', why: `${why}; accepted on ${dayText(accepted.at)}: ${accepted.why}` };
  }
  return { ...base, verdict: 'regressed', why, since: walkedTo(row, night) };
}

function pairedWords(
  { outcome, alarms, pSlower, pFaster, change }: PairedJudgement,
  { margin, kind, floor = 0 }: PairedRow & { readonly floor?: number },
  ratios: readonly (readonly number[])[],
  seen: number | null,
): string {
  const estimate = `${changeText(change.estimate)} (${intervalWords(change.interval)})`;
  const pairs = ratios.map(({ length }) => length).join(' + ');
  const direction =
    kind === 'memory' ? { slower: 'larger', faster: 'smaller' } : { slower: 'slower', faster: 'faster' };
  const could =
    seen === null
      ? 'so few pairs cannot show a change of any size'
      : `${changeText(seen)} would have been seen 95 times in 100`;
  const margins = `margin ${changeText(margin).slice(1)}`;
  if (outcome === 'regressed' || outcome === 'improved') {
    const p = (outcome === 'regressed' ? pSlower : pFaster).map((one) => significant(one, 2)).join(' and ');
    return `${estimate} over ${pairs} pairs, both stages alarm (p ${p}), ${margins}`;
  }
  if (outcome === 'same') return `${estimate} over ${pairs} pairs, within the ${margins}; ${could}`;
  const [first, second] = alarms;
  let doubt = `the interval reaches beyond the ${margins}`;
  if (first && second === undefined) doubt = `the first stage says ${direction[first]}, the second was not run`;
  else if (first && second !== first)
    doubt = `the first stage says ${direction[first]}, the second does not confirm it`;
  else if (first) {
    const floors =
      floor > margin
        ? `the ${changeText(floor).slice(1)} by which whole nights differ on this machine`
        : `the ${margins}`;
    doubt = `${direction[first]} in both stages, but by an estimate within ${floors}`;
  }
  return `${estimate} over ${pairs} pairs: ${doubt}; ${could}`;
}

/** Nights of the same row, version and machine that a night must follow to be judged by them. */
const fewestNights = 8;
/** Older nights are other code. */
const mostNights = 30;

/**
 * Without pairs: tonight's median against the recorded nights' by the interval of one further night. Red only where the night before was beyond
 * it too, for one night alone may be the machine's; the same only where the whole interval lies within the margin.
 * Source of the interval: `predictionInterval` of judge/statistics.ts, on logarithms.
 */
function judgeByHistory(row: PairedRow, night: Night, { entries }: NightHistory): Judged {
  const tonight = medianOf(night, row);
  // What was accepted begins a new history.
  const since = entries.slice(1 + entries.findLastIndex((entry) => acceptsChange(entry, row, null)));
  const past = since.flatMap((entry) => (entry.kind === 'night' ? (medianOf(entry.night, row) ?? []) : []));
  const base = { change: null, couldHaveSeen: null, since: null };
  const alone = `no earlier build tonight${'why' in night.against ? ` (${night.against.why})` : ''}`;
  if (tonight === null) return { ...base, verdict: 'missing', why: 'no value' };
  if (past.length === 0) return { ...base, verdict: 'new', why: `${alone} and no recorded night` };
  // The night before is judged too, so it is not among those that it is judged by.
  const before = past.slice(0, -1).slice(-mostNights).map(Math.log);
  if (before.length < fewestNights) {
    const why = `${alone}; history alone needs ${fewestNights + 1} recorded nights and has ${past.length}`;
    return { ...base, verdict: 'cannot-tell', why };
  }
  const { gate } = night.plan;
  const change = changeAgainst(before, Math.log(tonight), gate.confidence);
  const beyond = (value: number, alpha: number): boolean =>
    Math.log(value) > predictionInterval(before, 1 - 2 * alpha).high;
  const words = `${alone}; by history alone: ${changeText(change.estimate)} (${intervalWords(change.interval)}) against ${before.length} nights`;
  const reach = Math.log1p(row.margin);
  const both = (Math.log(past.at(-1)!) + Math.log(tonight)) / 2 - meanOf(before);
  let verdict: RowVerdictKind = 'cannot-tell';
  let why = `${words}: the interval reaches beyond the margin`;
  if (beyond(tonight, gate.alphaConfirm)) {
    const confirmed = beyond(past.at(-1)!, gate.alphaFirst) && both > reach;
    if (confirmed) verdict = 'regressed';
    why = confirmed ? `${words}, as the night before` : `${words}: beyond those nights; a second such night decides`;
  } else if (change.interval.high <= row.margin && change.interval.low >= 1 / (1 + row.margin) - 1) {
    verdict = 'same';
    why = `${words}, within the margin`;
  }
  return { ...base, change, verdict, why, since: verdict === 'regressed' ? walkedTo(row, night) : null };
}

function changeAgainst(before: readonly number[], tonight: number, confidence: number) {
  const { low, high } = predictionInterval(before, confidence);
  return {
    estimate: Math.expm1(tonight - meanOf(before)),
    interval: { low: Math.expm1(tonight - high), high: Math.expm1(tonight - low), confidence },
  };
}

/** Median of a night's own values of a row, both stages; null where it has none in this version. */
export function medianOf(
  { plan, deliveries }: Night,
  { id, version }: Pick<NightlyRow, 'id' | 'version'>,
): number | null {
  const delivery = deliveries[id];
  if (delivery?.kind !== 'paired' || !plan.rows.some((row) => row.id === id && row.version === version)) return null;
  const values = delivery.stages.flat().map(({ tonight }) => tonight);
  return values.length === 0 ? null : median(values);
}

/**
 * Scores of the same seeds: the t-interval of the paired difference, relative to the earlier build's mean, against the margin. Worse only where
 * the whole interval is beyond the margin, the same only where all of it is within. A seed without a score makes the row missing.
 */
export function judgeQuality(
  row: QualityRow,
  { seeds, missing }: Extract<Delivery, { kind: 'quality' }>,
  night: Night,
  history: NightHistory,
): Judged {
  const base = { change: null, couldHaveSeen: null, since: null };
  const lost = [
    ...missing.map(({ seed, why }) => ({ seed, why })),
    ...row.seeds
      .filter((seed) => ![...seeds, ...missing].some((one) => one.seed === seed))
      .map((seed) => ({ seed, why: 'not delivered' })),
  ];
  if (lost.length > 0) {
    return { ...base, verdict: 'missing', why: lost.map(({ seed, why }) => `seed ${seed}: ${why}`).join('; ') };
  }
  const pairs = seeds.flatMap(({ tonight, earlier }) => (earlier === null ? [] : [{ tonight, earlier }]));
  if (pairs.length === 0) return { ...base, verdict: 'new', why: 'no earlier build scored these seeds' };
  const mean = meanOf(pairs.map(({ earlier }) => earlier));
  if (pairs.length < 2 || mean === 0) {
    return { ...base, verdict: 'cannot-tell', why: `${pairs.length} paired seeds around ${mean}: no interval` };
  }
  const { gate } = night.plan;
  const difference = pairedDifference(
    pairs.map(({ earlier }) => earlier / Math.abs(mean)),
    pairs.map(({ tonight }) => tonight / Math.abs(mean)),
    gate.confidence,
  );
  const change = { estimate: difference.mean, interval: difference.interval };
  const sign = row.better === 'lower' ? 1 : -1;
  const [least, most] = [sign * change.interval.low, sign * change.interval.high].sort((a, b) => a - b) as [
    number,
    number,
  ];
  const words = `${changeText(change.estimate)} (${intervalWords(change.interval)}) over ${pairs.length} seeds, margin ${changeText(row.margin).slice(1)}`;
  const judged = (verdict: RowVerdictKind, why: string): Judged => ({ ...base, change, verdict, why });
  if (least > row.margin) {
    const accepted = acceptedChange(row, night, history.entries);
    if (accepted && least <= sign * accepted.estimate + row.margin) {
      return judged('accepted', `${words}; accepted on ${dayText(accepted.at)}: ${accepted.why}`);
    }
    return { ...judged('regressed', `${words}: all of the interval is worse`), since: walkedTo(row, night) };
  }
  if (most < -row.margin) return judged('improved', `${words}: all of the interval is better`);
  if (least >= -row.margin && most <= row.margin) return judged('same', `${words}: all of the interval is within`);
  return judged('cannot-tell', `${words}: the interval reaches across it`);
}

function acceptedChange(row: NightlyRow, { against }: Night, entries: readonly HistoryEntry[]) {
  const commit = 'build' in against ? against.build.commit : null;
  const found = entries.findLast((entry) => acceptsChange(entry, row, commit));
  if (found?.kind !== 'acceptance' || found.value.kind !== 'change') return null;
  return { estimate: found.value.estimate, at: found.at, why: found.why };
}

function acceptsChange(entry: HistoryEntry, { id, version }: NightlyRow, against: string | null): boolean {
  if (entry.kind !== 'acceptance' || entry.row !== id || entry.version !== version) return false;
  return entry.value.kind === 'change' && entry.value.against === against;
}

function walkedTo({ id }: NightlyRow, { walks }: Night): string | null {
  return walks.find(({ row }) => row === id)?.commit ?? null;
}

function intervalWords({ low, high, confidence }: Interval): string {
  return `${significant(100 * confidence, 3)} % interval ${changeText(low)} to ${changeText(high)}`;
}
