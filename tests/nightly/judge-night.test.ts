/** @file Verdicts of whole nights: every kind of row, against pairs, history and other machines; nothing green by default. */
import { describe, expect, it } from 'vitest';
import type { HistoryEntry } from '../../harness/nightly/history-entry.ts';
import { judgeNight } from '../../harness/nightly/judge-night.ts';
import type { Delivery, Night } from '../../harness/nightly/night.ts';
import type { RowVerdict } from '../../harness/nightly/verdict.ts';
import { acceptance, commitOf, count, entry, exact, hashOf, night, paired, pairs, quality, rows } from './nights.ts';

function only(of: Night, entries: readonly HistoryEntry[] = [], elsewhere: readonly HistoryEntry[] = []): RowVerdict {
  const verdict = judgeNight(of, { entries, elsewhere }, null);
  expect(verdict.rows).toHaveLength(1);
  return verdict.rows[0]!;
}

describe('an exact row', () => {
  const past = [entry(night({ hash: exact('1') }))];

  it('is equal to the last night, or changed from it and red, with the commit that it is first seen at', () => {
    expect(only(night({ hash: exact('1') }, { commit: 'c' }), past)).toMatchObject({ verdict: 'equal' });
    const changed = only(night({ hash: exact('2', 0.75) }, { commit: 'c' }), past);
    expect(changed).toMatchObject({ verdict: 'changed', since: commitOf('c') });
    expect(changed.why).toContain('loss 0.50000000 to 0.75000000');
  });

  it('stays changed night after night, since the first, until it is accepted', () => {
    const next = [...past, entry(night({ hash: exact('2') }, { commit: 'c', day: 2 }))];
    const tonight = night({ hash: exact('2') }, { commit: 'd', day: 3 });
    expect(only(tonight, next)).toMatchObject({ verdict: 'changed', since: commitOf('c') });
    const accepted = [...next, acceptance('hash', { kind: 'exact', sha256: hashOf('2'), numbers: {} }, 'c')];
    const verdict = only(tonight, accepted);
    expect(verdict).toMatchObject({ verdict: 'accepted' });
    expect(verdict.why).toContain('it is meant to');
    expect(only(night({ hash: exact('2') }), [...accepted, entry(tonight)])).toMatchObject({ verdict: 'equal' });
    expect(only(night({ hash: exact('1') }), accepted)).toMatchObject({ verdict: 'changed' });
  });

  it('names the commit that a walk came to', () => {
    const walks = [{ row: 'hash', commit: commitOf('e'), between: [], why: 'one commit' }];
    expect(only({ ...night({ hash: exact('2') }), walks }, past).since).toBe(commitOf('e'));
  });

  it('takes no reference from a night with uncommitted changes, nor from another version', () => {
    expect(only(night({ hash: exact('2') }), [entry(night({ hash: exact('1') }, { dirty: true }))]).verdict).toBe(
      'new',
    );
    const plan = [{ ...rows.hash, version: 2 }];
    expect(only(night({ hash: exact('2') }, { plan, against: null }), past).verdict).toBe('new');
  });

  it('is compared with the earlier build of the same hour where there is no history', () => {
    expect(only(night({ hash: exact('1', 0.5, '1') })).verdict).toBe('equal');
    expect(only(night({ hash: exact('1', 0.5, '2') })).verdict).toBe('changed');
  });

  it('is compared in numbers, within its tolerance, with another machine where this one has none', () => {
    expect(only(night({ hash: exact('9', 0.500_049) }), [], past)).toMatchObject({ verdict: 'equal' });
    expect(only(night({ hash: exact('9', 0.500_051) }), [], past)).toMatchObject({ verdict: 'changed' });
    const unnamed: Delivery = { kind: 'exact', tonight: { sha256: hashOf('9'), numbers: { other: 1 } }, earlier: null };
    expect(only(night({ hash: unnamed }), [], past).verdict).toBe('changed');
  });

  it('is new, not equal, where nothing can be compared', () => {
    expect(only(night({ hash: exact('1') }))).toMatchObject({ verdict: 'new' });
  });
});

describe('a count', () => {
  const past = [entry(night({ nodes: count({ forward: 10, backward: 20 }) }))];

  it('allows no growth, and names the part that grew', () => {
    const grown = only(night({ nodes: count({ forward: 10, backward: 21 }) }), past);
    expect(grown.verdict).toBe('changed');
    expect(grown.why).toContain('30 to 31 nodes; backward +1');
  });

  it('improves by shrinking, and is from then on held to that', () => {
    const smaller = night({ nodes: count({ forward: 9, backward: 20 }) }, { day: 2 });
    expect(only(smaller, past).verdict).toBe('improved');
    expect(only(night({ nodes: count({ forward: 10, backward: 20 }) }), [...past, entry(smaller)]).verdict).toBe(
      'changed',
    );
  });

  it('is held to the earlier build where there is no history', () => {
    expect(only(night({ nodes: count({ all: 5 }, { all: 4 }) })).verdict).toBe('changed');
    expect(only(night({ nodes: count({ all: 4 }, { all: 4 }) })).verdict).toBe('equal');
    expect(only(night({ nodes: count({ all: 4 }) })).verdict).toBe('new');
  });
});

describe('a paired row', () => {
  it('is regressed after two alarms beyond the margin, and says what could have been seen', () => {
    const slow = only(night({ step: paired(pairs(1.05), pairs(1.05)) }));
    expect(slow.verdict).toBe('regressed');
    expect(slow.change!.estimate).toBeCloseTo(0.05, 2);
    expect(slow.couldHaveSeen).toBeGreaterThan(0.02);
    expect(slow.couldHaveSeen).toBeLessThan(0.04);
  });

  it('is improved, and not red, in the other direction', () => {
    const verdict = judgeNight(night({ step: paired(pairs(0.95), pairs(0.95)) }), { entries: [], elsewhere: [] }, null);
    expect(verdict.rows[0]!.verdict).toBe('improved');
    expect(verdict.red).toBe(false);
  });

  it('says which stage left it open', () => {
    expect(only(night({ step: paired(pairs(1.05)) })).why).toContain('the second was not run');
    expect(only(night({ step: paired(pairs(1.05), pairs(1)) })).why).toContain('the second does not confirm it');
    expect(only(night({ memory: paired(pairs(1.2)) })).why).toContain('the first stage says larger');
  });

  it('is accepted as large as it was accepted, against the same build, and no larger', () => {
    const accepted = [acceptance('step', { kind: 'change', estimate: 0.05, against: commitOf('a') })];
    const slow = { step: paired(pairs(1.06), pairs(1.06)) };
    expect(only(night(slow), accepted).verdict).toBe('accepted');
    expect(only(night(slow, { against: 'e' }), accepted).verdict).toBe('regressed');
    expect(only(night({ step: paired(pairs(1.12), pairs(1.12)) }), accepted).verdict).toBe('regressed');
  });
});

describe('a paired row without an earlier build', () => {
  const alone = (ratio: number, day = 1): Night =>
    night({ step: paired(pairs(ratio, { alone: true })) }, { against: null, day });
  const scatter = [1, 1.004, 0.997, 1.002, 0.999, 1.003, 0.996, 1.001, 1, 0.998];
  const past = scatter.map((ratio, i) => entry(alone(ratio, i + 1)));

  it('is not called the same by a short history', () => {
    expect(only(alone(1)).verdict).toBe('new');
    const short = only(alone(1), past.slice(0, 8));
    expect(short.verdict).toBe('cannot-tell');
    expect(short.why).toContain('history alone needs 9 recorded nights and has 8');
  });

  it('is the same within the nights before it, and says that it was judged so', () => {
    const same = only(alone(1.001, 11), past);
    expect(same.verdict).toBe('same');
    expect(same.why).toContain('by history alone');
  });

  it('is regressed on the second night beyond them, not the first', () => {
    const first = only(alone(1.08, 11), past);
    expect(first.verdict).toBe('cannot-tell');
    expect(first.why).toContain('a second such night decides');
    expect(only(alone(1.08, 12), [...past, entry(alone(1.08, 11))]).verdict).toBe('regressed');
  });
});

describe('quality', () => {
  it('is the same to the bit where the scores are', () => {
    const same = only(night({ twin: quality([10, 11, 12], [10, 11, 12]) }));
    expect(same).toMatchObject({ verdict: 'same', change: { estimate: 0 } });
  });

  it('is regressed or improved where the whole interval is beyond the margin, else cannot be told', () => {
    // Mean 11 of the earlier scores; differences 3, 3.1, 2.9 are 27 % +- t(2) 0.0524 / 11 = 27 +- 2.3 %.
    const worse = only(night({ twin: quality([13, 14.1, 14.9], [10, 11, 12]) }));
    expect(worse.verdict).toBe('regressed');
    expect(worse.change!.estimate).toBeCloseTo(3 / 11, 12);
    expect(worse.change!.interval.low).toBeCloseTo((3 - (4.302_652_73 * 0.1) / Math.sqrt(3)) / 11, 8);
    expect(only(night({ twin: quality([7, 8.1, 8.9], [10, 11, 12]) })).verdict).toBe('improved');
    expect(only(night({ twin: quality([13, 11, 11], [10, 11, 12]) })).verdict).toBe('cannot-tell');
    // 5.5 % worse on every seed, within the margin of 10 %.
    expect(only(night({ twin: quality([10.6, 11.61, 12.59], [10, 11, 12]) })).verdict).toBe('same');
  });

  it('is missing where a seed has no score, and names it', () => {
    const killed: Delivery = {
      ...quality([10, 11], [10, 11]),
      missing: [{ seed: 2, why: 'killed by SIGKILL' }],
    } as Delivery;
    expect(only(night({ twin: killed }))).toMatchObject({ verdict: 'missing', why: 'seed 2: killed by SIGKILL' });
    expect(only(night({ twin: quality([10, 11], [10, 11]) })).why).toBe('seed 2: not delivered');
  });

  it('is new where no earlier build scored', () => {
    expect(only(night({ twin: quality([10, 11, 12], null) })).verdict).toBe('new');
  });
});

describe('a row that is not there', () => {
  it('is missing where it was planned, red by name', () => {
    const verdict = judgeNight(night({}, { plan: [rows.step] }), { entries: [], elsewhere: [] }, null);
    expect(verdict.rows[0]!.verdict).toBe('missing');
    expect(verdict.red).toBe(true);
    expect(verdict.headline).toContain('step missing');
    const failed = night({ step: { kind: 'missing', why: 'exit code 1' } });
    expect(only(failed)).toMatchObject({ verdict: 'missing', why: 'exit code 1' });
    expect(only(night({ step: exact('1') })).why).toBe('a row of kind speed was delivered as exact');
  });

  it('is vanished where any night had planned it, until its removal is accepted, however many nights pass', () => {
    const past = [
      entry(night({ hash: exact('1'), nodes: count({ all: 1 }) })),
      entry(night({ hash: exact('1') }, { commit: 'c', day: 2 })),
      entry(night({ hash: exact('1') }, { commit: 'd', day: 3 })),
    ];
    const tonight = night({ hash: exact('1') }, { commit: 'e', day: 4 });
    const { rows: judged, red } = judgeNight(tonight, { entries: past, elsewhere: [] }, null);
    expect(judged[1]).toMatchObject({ id: 'nodes', verdict: 'vanished', since: commitOf('c') });
    expect(red).toBe(true);
    expect(only(tonight, [...past, acceptance('nodes', { kind: 'removed' })]).id).toBe('hash');
  });

  it('is left out, and not red, where it was not asked for', () => {
    expect(only(night({ step: { kind: 'left-out', why: '--quick' } }))).toMatchObject({ verdict: 'left-out' });
  });
});

describe('the headline', () => {
  it('counts the verdicts, and says that the error rate is not known before a calibration', () => {
    const { headline } = judgeNight(night({ hash: exact('1') }), { entries: [], elsewhere: [] }, null);
    expect(headline).toBe('Green (1 new); not calibrated on this machine: how often it alarms falsely is not known');
  });
});
