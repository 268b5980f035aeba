/** @file What earlier nights say: values by row and version, lasting changes, recorded pairs of a build beside itself. */
import { describe, expect, it } from 'vitest';
import type { Night } from '../../harness/nightly/night.ts';
import { pastOf, recordedPairs } from '../../harness/nightly/past-of.ts';
import { logRatios } from '../../harness/nightly/statistics/gate.ts';
import { acceptance, commitOf, count, entry, exact, night, paired, pairs, quality, rows } from './nights.ts';

describe('pastOf', () => {
  it('gives each night its values: medians, counts and means, no hashes', () => {
    const past = night({
      hash: exact('1'),
      nodes: count({ a: 2, b: 3 }),
      step: paired(pairs(1, { count: 9 })),
      twin: quality([1, 2, 6], null),
    });
    const { nights } = pastOf(past, { entries: [entry(past)], elsewhere: [] });
    expect(nights[0]!.values).toMatchObject({ nodes: 5, twin: 3 });
    const values = pairs(1, { count: 9 })
      .map(({ tonight }) => tonight)
      .sort((a, b) => a - b);
    expect(nights[0]!.values.step).toBe(values[4]);
    expect(nights[0]!.values).not.toHaveProperty('hash');
    expect(nights[0]).toMatchObject({ begun: past.begun, commit: commitOf('b'), red: false, quick: false });
  });

  it('looks for lasting changes with tonight, in one version of the row', () => {
    const at = (day: number, version = 1): Night => {
      const plan = [{ ...rows.nodes, version }];
      const value = (day <= 8 ? 100 : 120) + (day % 3);
      return night({ nodes: count({ all: value }) }, { day, commit: day <= 8 ? 'b' : 'c', plan });
    };
    const entries = Array.from({ length: 15 }, (_, i) => entry(at(i + 1)));
    const { changePoints } = pastOf(at(16), { entries, elsewhere: [] });
    expect(changePoints).toMatchObject([
      { row: 'nodes', night: at(9).begun, commits: [commitOf('b'), commitOf('c')], change: 121 / 101 - 1 },
    ]);
    expect(pastOf(at(16, 2), { entries, elsewhere: [] }).changePoints).toEqual([]);
  });

  it('passes on what was accepted and the calibration', () => {
    const accepted = acceptance('nodes', { kind: 'removed' });
    const rate = { count: 2, of: 10, rate: 0.2, interval: { low: 0, high: 1, confidence: 0.95 } };
    const row = { id: 'step', version: 1, sittings: 1, pairs: 8, noise: 0, offset: 0, falseAlarms: rate };
    const calibration = {
      seed: 0,
      nights: 10,
      firstStage: rate,
      confirmed: rate,
      falseAlarms: rate,
      rows: [{ ...row, smallestFound: 0.03, found: rate }],
    };
    const past = pastOf(night({ step: paired(pairs(1, { count: 9 })) }), {
      entries: [accepted, { kind: 'calibration', at: 'then', calibration }],
      elsewhere: [],
    });
    expect(past.acceptances).toMatchObject([{ row: 'nodes', why: 'it is meant to' }]);
    expect(past.calibration).toEqual({
      at: 'then',
      simulatedNights: 10,
      falseAlarms: 2,
      smallestFound: { step: 0.03 },
      floors: {},
    });
  });
});

describe('recordedPairs', () => {
  const stages = [pairs(1, { count: 10 }), pairs(1, { count: 7 }), pairs(1, { count: 12 })] as const;
  const plan = night({ step: paired(stages[0]), memory: paired(stages[0]) }).plan;

  it('takes the stages of nights that measured a build beside itself, each a sitting', () => {
    const twin = night({ step: paired(stages[0], stages[2]) }, { against: 'b' });
    expect(recordedPairs([twin], plan)).toEqual({
      rows: [{ id: 'step', version: 1, margin: 0.02, sittings: [logRatios(stages[0]), logRatios(stages[2])] }],
      without: ['memory'],
    });
  });

  it('takes no night on which others had more than a tenth of the processors', () => {
    const twin = night({ step: paired(stages[0]) }, { against: 'b' });
    const shares = [0, 0.1, 0.11].map((foreignProcessorShare) => ({ ...twin, foreignProcessorShare }));
    expect(recordedPairs(shares, plan).rows.map(({ sittings }) => sittings.length)).toEqual([2]);
  });

  it('takes no other build, no uncommitted changes, no other version and no stage that is too short', () => {
    const step = { step: paired(stages[0]) };
    const nights = [
      night(step, { against: 'a' }),
      night(step, { against: null }),
      night(step, { against: 'b', dirty: true }),
      night(step, { against: 'b', plan: [{ ...rows.step, version: 2 }] }),
      night({ step: paired(stages[1].slice(0, 4)) }, { against: 'b' }),
    ];
    expect(recordedPairs(nights, plan)).toEqual({ rows: [], without: ['step', 'memory'] });
  });
});
