/** @file The history of nights: added to by one job at a time; cut, changed and foreign lines; what is accepted. */
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../harness/core/clock.ts';
import { acceptanceOf } from '../../harness/nightly/accept.ts';
import { historyPath, holdHistory, readHistory } from '../../harness/nightly/history.ts';
import type { HistoryEntry } from '../../harness/nightly/history-entry.ts';
import { judgeNight } from '../../harness/nightly/judge-night.ts';
import { acceptance, commitOf, count, entry, exact, hashOf, night, paired, pairs, rows } from './nights.ts';

const machine = hashOf('f');
const folderOf = (): string => mkdtempSync(join(tmpdir(), 'nightly-history-'));
const first = entry(night({ hash: exact('1') }));
const second = entry(night({ hash: exact('2') }, { commit: 'c', day: 2 }));

function add(folder: string, ...entries: readonly HistoryEntry[]): string[] {
  const said: string[] = [];
  const held = holdHistory(folder, machine, { clock: systemClock, say: (text) => said.push(text) });
  entries.forEach((one) => held.append(one));
  held.release();
  return said;
}

describe('the history', () => {
  it('gives back what was added, in order, a line each', () => {
    const folder = folderOf();
    const entries = [first, acceptance('hash', { kind: 'removed' }), second];
    add(folder, first);
    add(folder, ...entries.slice(1));
    expect(readHistory(folder, machine)).toEqual({ entries, elsewhere: [], calibration: null, warnings: [] });
    expect(readFileSync(historyPath(folder, machine), 'utf8').split('\n')).toHaveLength(4);
    expect(historyPath(folder, machine)).toBe(join(folder, 'ffffffffffffffff.jsonl'));
  });

  it('is empty where nothing was kept', () => {
    expect(readHistory(join(folderOf(), 'none'), machine).entries).toEqual([]);
  });

  it('gives other machines apart, in the order of time', () => {
    const folder = folderOf();
    add(folder, second);
    holdOther(folder, 'a', second);
    holdOther(folder, 'b', first);
    expect(readHistory(folder, machine).elsewhere).toEqual([first, second]);
  });

  it('is held by one job at a time', () => {
    const folder = folderOf();
    const held = holdHistory(folder, machine, { clock: systemClock, say: () => undefined });
    expect(() => add(folder, first)).toThrow(
      /got a history that process \d+ on .* holds since .*, expected one job at a time/,
    );
    held.release();
    add(folder, first);
    expect(readHistory(folder, machine).entries).toEqual([first]);
  });

  it('sets a last line that was cut off aside, to the byte, and goes on', () => {
    const folder = folderOf();
    add(folder, first, second);
    const path = historyPath(folder, machine);
    const whole = readFileSync(path, 'utf8');
    writeFileSync(path, whole.slice(0, -25));
    expect(readHistory(folder, machine)).toMatchObject({
      entries: [first],
      warnings: [`${path}: its last line is cut off and left out`],
    });
    const said = add(folder, second);
    expect(said).toHaveLength(1);
    expect(said[0]).toContain('its last line was cut off (a killed job or a full disk); set aside in');
    expect(readFileSync(path, 'utf8')).toBe(whole);
    const aside = readdirSync(folder).find((name) => name.includes('.cut-'))!;
    expect(readFileSync(join(folder, aside), 'utf8')).toBe(whole.split('\n')[1]!.slice(0, -24));
  });

  it('names the line that was changed after it was written', () => {
    const folder = folderOf();
    add(folder, first, second);
    const path = historyPath(folder, machine);
    writeFileSync(path, readFileSync(path, 'utf8').replace(hashOf('2'), hashOf('1')));
    expect(() => readHistory(folder, machine)).toThrow(
      `${path}, line 2: got an entry that was changed after it was written, expected the entry that its entrySha256 seals.`,
    );
    expect(() => add(folder, first)).toThrow('line 2');
    // The refusal gave the history back.
    writeFileSync(path, '');
    expect(add(folder, first)).toEqual([]);
  });

  it('names a line that is cut in the middle of the file', () => {
    const folder = folderOf();
    add(folder, first, second);
    const path = historyPath(folder, machine);
    const [one, two] = readFileSync(path, 'utf8').split('\n') as [string, string];
    writeFileSync(path, `${one.slice(0, 100)}\n${two}\n`);
    expect(() => readHistory(folder, machine)).toThrow(/line 1: got .*, expected one entry of the history as JSON/);
  });

  it('refuses a line of another schema with its remedy', () => {
    const folder = folderOf();
    add(folder, first);
    const path = historyPath(folder, machine);
    appendFileSync(path, '{"event":"nightly-history","schema":"consistency-harness/nightly-history@2"}\n');
    expect(() => readHistory(folder, machine)).toThrow(
      `${path}, line 2: got "consistency-harness/nightly-history@2", expected a line of schema consistency-harness/nightly-history@1. ` +
        'Use the version of the harness that wrote it, or another --history folder.',
    );
  });

  it('gives the last calibration', () => {
    const folder = folderOf();
    const rate = { count: 0, of: 10, rate: 0, interval: { low: 0, high: 0.3, confidence: 0.95 } };
    const made = (seed: number): HistoryEntry => ({
      kind: 'calibration',
      at: `2026-03-0${seed}`,
      calibration: { seed, nights: 10, firstStage: rate, confirmed: rate, falseAlarms: rate, rows: [] },
    });
    add(folder, made(1), first, made(2));
    expect(readHistory(folder, machine).calibration).toMatchObject({ at: '2026-03-02', calibration: { seed: 2 } });
  });
});

function holdOther(folder: string, letter: string, one: HistoryEntry): void {
  const held = holdHistory(folder, hashOf(letter), { clock: systemClock, say: () => undefined });
  held.append(one);
  held.release();
}

describe('acceptanceOf', () => {
  const at = '2026-03-21T09:00:00.000Z';
  const verdictOf = (entries: HistoryEntry[], tonight = night({ hash: exact('2') }, { commit: 'd', day: 9 })) =>
    judgeNight(tonight, { entries, elsewhere: [] }, null).rows.map(({ verdict }) => verdict);

  it('takes the value of the last night, after which the row is no longer red', () => {
    const accepted = acceptanceOf([first, second], 'hash', ' meant ', at);
    expect(accepted).toEqual({
      kind: 'acceptance',
      at,
      row: 'hash',
      version: 1,
      value: { kind: 'exact', sha256: hashOf('2'), numbers: { loss: 0.5 } },
      why: 'meant',
      commit: commitOf('c'),
    });
    expect(verdictOf([first, second])).toEqual(['changed']);
    expect(verdictOf([first, second, accepted])).toEqual(['accepted']);
  });

  it('takes a change of speed against its build, and the removal of a row', () => {
    const slow = night({ step: paired(pairs(1.05), pairs(1.05)) }, { day: 3 });
    const accepted = acceptanceOf([entry(slow)], 'step', 'worth it', at);
    expect(accepted.value).toMatchObject({ kind: 'change', against: commitOf('a') });
    expect(verdictOf([entry(slow), accepted], slow)).toEqual(['accepted']);
    const both = entry(night({ hash: exact('2'), nodes: count({ all: 1 }) }));
    const removed = acceptanceOf([both, second], 'nodes', 'measured elsewhere', at);
    expect(verdictOf([both, second])).toEqual(['equal', 'vanished']);
    expect(verdictOf([both, second, removed])).toEqual(['equal']);
  });

  it.each([
    ['no reason', [first, second], 'hash', '  ', '--why: got "  ", expected a reason'],
    ['no night', [], 'hash', 'meant', 'accept: got no night, expected a history with one. Run a night first.'],
    [
      'no such row',
      [first],
      'hasj',
      'meant',
      'row: got "hasj", expected a row of the last night. Did you mean "hash".',
    ],
    ['nothing to accept', [first, first], 'hash', 'meant', 'row hash: got "equal", expected a row that is red.'],
    [
      'no value',
      [first, entry(night({}, { plan: [rows.hash] }))],
      'hash',
      'meant',
      'row hash: got "missing", expected a value to accept.',
    ],
  ])('refuses %s', (_what, entries, id, why, message) => {
    expect(() => acceptanceOf(entries, id, why, at)).toThrow(message);
  });
});
