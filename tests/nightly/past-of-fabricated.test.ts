/** @file The past of a fabricated night: values of the same rows, acceptances, the newest calibration. */
import { describe, expect, it } from 'vitest';
import type { HistoryEntry } from '../../harness/nightly/history-entry.ts';
import { pastOf } from '../../harness/nightly/past-of.ts';
import { commitOf, fabricatedNight } from './fabricated-night.ts';

const proportion = (count: number, of: number) => ({
  count,
  of,
  rate: count / of,
  interval: { low: 0, high: 1, confidence: 0.95 },
});

const calibrated = (at: string, falseAlarms: number): HistoryEntry => ({
  kind: 'calibration',
  at,
  calibration: {
    seed: 0,
    nights: 10_000,
    firstStage: proportion(900, 10_000),
    confirmed: proportion(9, 10_000),
    falseAlarms: proportion(falseAlarms, 10_000),
    rows: [
      { id: 'step-small', version: 1, smallestFound: 0.03 },
      { id: 'sampling', version: 9, smallestFound: 0.02 },
    ].map((row) => ({
      ...row,
      sittings: 20,
      pairs: 400,
      noise: 0.02,
      offset: 0,
      falseAlarms: proportion(1, 10_000),
      found: null,
    })),
  },
});

const count = (value: number) => ({ kind: 'count' as const, tonight: { value, parts: {} }, earlier: null });
const stages = [[5, 1, 3].map((tonight) => ({ tonight, earlier: null, first: 'tonight' as const })), []];
const earlier = {
  ...fabricatedNight,
  begun: '2026-03-01T02:00:00.000Z',
  deliveries: {
    ...fabricatedNight.deliveries,
    'step-nodes': count(1200),
    'step-copies': count(4),
    'step-small': { kind: 'paired' as const, stages },
  },
  plan: {
    ...fabricatedNight.plan,
    rows: fabricatedNight.plan.rows.map((row) => (row.id === 'step-copies' ? { ...row, version: 2 } : row)),
  },
};
const entries: readonly HistoryEntry[] = [
  calibrated('2026-02-01T00:00:00.000Z', 9),
  { kind: 'night', at: earlier.ended, red: true, headline: 'Red', night: earlier },
  {
    kind: 'acceptance',
    at: '2026-03-01T09:00:00.000Z',
    row: 'report-bytes',
    version: 1,
    value: { kind: 'removed' },
    why: 'a new section',
    commit: commitOf(8),
  },
  calibrated('2026-03-01T12:00:00.000Z', 4),
];
const past = pastOf(fabricatedNight, { entries, elsewhere: [] });

describe('the past of a night', () => {
  it('has the number of each row that has one, unless the row measures something else now', () => {
    const [night] = past.nights;
    expect(past.nights).toHaveLength(1);
    expect(night).toMatchObject({ begun: '2026-03-01T02:00:00.000Z', commit: commitOf(9), red: true, quick: false });
    expect(night!.values).toMatchObject({ 'step-nodes': 1200, 'step-small': 3, 'twin-fd': 351.3666666666667 });
    for (const id of ['step-copies', 'ct-hashes', 'step-memory', 'step-gpu'])
      expect(night!.values).not.toHaveProperty(id);
  });

  it('has the acceptances with their reasons', () => {
    expect(past.acceptances).toEqual([
      { at: '2026-03-01T09:00:00.000Z', row: 'report-bytes', why: 'a new section', commit: commitOf(8) },
    ]);
  });

  it('has the newest calibration, for rows in the version that was calibrated', () => {
    expect(past.calibration).toEqual({
      at: '2026-03-01T12:00:00.000Z',
      simulatedNights: 10_000,
      falseAlarms: 4,
      smallestFound: { 'step-small': 0.03 },
      floors: {},
    });
  });

  it('of nothing is nothing', () => {
    expect(pastOf(fabricatedNight, { entries: [], elsewhere: [] })).toEqual({
      nights: [],
      acceptances: [],
      changePoints: [],
      calibration: null,
    });
  });
});
