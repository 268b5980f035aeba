/** @file What reports/nightly states, from its own files: nights judged again, the calibration, the planted faults. */
import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { HistoryEntry } from '../../harness/nightly/history-entry.ts';
import { machinesIn, readHistory } from '../../harness/nightly/history.ts';
import { judgeNight } from '../../harness/nightly/judge-night.ts';

const folder = resolve(import.meta.dirname, '../../reports/nightly');

function nightsOf(history: string, machine = machinesIn(join(folder, history))[0]!) {
  const { entries } = readHistory(join(folder, history), machine);
  return { entries, nights: entries.flatMap((entry) => (entry.kind === 'night' ? entry : [])) };
}

const measured = new Set(['regressed', 'missing', 'vanished']);

describe('the committed nights', () => {
  it.each([
    ['history', 'd546c2f6b95d8a4d', 17],
    ['history', '304b7385da7008c8', 12],
    ['history-busy', 'd546c2f6b95d8a4d', 4],
    ['history-whole', 'd546c2f6b95d8a4d', 1],
  ])(
    'of %s on %s measured one build beside itself, and no row of speed or memory is red when they are judged again',
    (history, machine, count) => {
      const before: HistoryEntry[] = [];
      const { nights } = nightsOf(history, machine);
      for (const entry of nights) {
        const { night } = entry;
        expect(night.build.dirty).toBe(false);
        expect(night.against).toMatchObject({ build: { commit: night.build.commit } });
        const verdict = judgeNight(night, { entries: [...before], elsewhere: [] }, null);
        expect(verdict.red).toBe(entry.red);
        expect(verdict.rows.filter((row) => measured.has(row.verdict))).toEqual([]);
        before.push(entry);
      }
      expect(nights).toHaveLength(count);
    },
  );

  it('hold one whole night in less than 45 minutes, in which every row of a CPU was delivered', () => {
    const { nights } = nightsOf('history-whole');
    const { night } = nights[0]!;
    expect(night.quick).toBe(false);
    expect((Date.parse(night.ended) - Date.parse(night.begun)) / 60_000).toBeLessThan(45);
    const kinds = Object.entries(night.deliveries).map(([row, { kind }]) => `${kind} ${row}`);
    expect(kinds.filter((kind) => !/^(exact|count|quality|paired) /.test(kind)).sort()).toEqual([
      'left-out full-first-call',
      'left-out full-memory',
      'left-out full-step',
    ]);
  });

  it('are red once: the report had changed between two commits', () => {
    const histories = [
      ...machinesIn(join(folder, 'history')).map((machine) => nightsOf('history', machine)),
      nightsOf('history-busy'),
      nightsOf('history-whole'),
    ];
    const red = histories.flatMap(({ nights }) => nights).filter((entry) => entry.red);
    expect(red.map(({ headline }) => headline)).toEqual([expect.stringMatching(/^Red: report-bytes changed \(/)]);
  });

  it('before rows had floors, were red on 398 of 10,000 simulated nights', () => {
    const { entries } = nightsOf('history', 'd546c2f6b95d8a4d');
    const first = entries.find((entry) => entry.kind === 'calibration')!.calibration;
    expect(first.falseAlarms).toMatchObject({ count: 398, of: 10_000 });
  });

  it.each(machinesIn(join(folder, 'history')))(
    'of %s keep to one false night in 1,000, and find what their calibration says on other simulated nights',
    (machine) => {
      const { entries } = nightsOf('history', machine);
      const calibration = entries.findLast((entry) => entry.kind === 'calibration')!.calibration;
      expect(calibration.falseAlarms.of).toBe(10_000);
      expect(calibration.falseAlarms.count).toBeLessThanOrEqual(10);
      for (const { found } of calibration.rows) expect(found!.rate).toBeGreaterThanOrEqual(0.95);
    },
  );

  it('found every fault that was planted', () => {
    const planted = readdirSync(join(folder, 'planted')).flatMap((name) => {
      const { findings } = JSON.parse(readFileSync(join(folder, 'planted', name), 'utf8')) as {
        findings: { found: boolean; fault: string }[];
      };
      return findings;
    });
    expect(planted.filter(({ found }) => !found)).toEqual([]);
    expect(planted).toHaveLength(8);
  });
});
