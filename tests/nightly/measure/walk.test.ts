/** @file Walking back: the first commit with a change, found by halves, or the ones still possible. */
import { describe, expect, it } from 'vitest';
import { seenIn, walkBack, type Seen } from '../../../harness/nightly/measure/walk.ts';
import { plan } from './fixture.ts';

const commits = Array.from({ length: 9 }, (_, i) => String(i + 1).repeat(40));

async function walked(first: number, hasTime = () => true, unknown = -1) {
  const asked: number[] = [];
  const seen = (commit: string): Promise<Seen> => {
    const at = commits.indexOf(commit);
    asked.push(at);
    return Promise.resolve(at === unknown ? 'unknown' : at >= first ? 'changed' : 'unchanged');
  };
  return { walk: await walkBack('step', commits, seen, hasTime), asked };
}

describe('walkBack', () => {
  it.each(commits.map((_, i) => i))('finds commit %i of nine with four questions at most', async (first) => {
    const { walk, asked } = await walked(first);
    expect(walk).toEqual({ row: 'step', commit: commits[first], between: [commits[first]], why: 'found by halves' });
    expect(asked.length).toBeLessThanOrEqual(4);
  });

  it('names the commits that are still possible when time is gone', async () => {
    let questions = 0;
    const { walk } = await walked(0, () => questions++ < 1);
    expect(walk).toEqual({ row: 'step', commit: null, between: commits.slice(0, 5), why: 'the budget is gone' });
  });

  it('stops at a commit that cannot be told', async () => {
    const { walk } = await walked(6, () => true, 4);
    expect(walk).toMatchObject({ commit: null, between: commits, why: '555555555555 could not be told from either' });
  });

  it('asks nothing where there is one commit', async () => {
    const never = () => Promise.reject(new Error('asked'));
    expect(await walkBack('step', commits.slice(0, 1), never, () => true)).toMatchObject({ commit: commits[0] });
  });
});

describe('seenIn', () => {
  const row = (id: string) => plan.rows.find((one) => one.id === id)!;
  const pairs = (ratio: number) =>
    Array.from({ length: 8 }, (_, i) => ({ tonight: 100 * ratio + i / 100, earlier: 100, first: 'tonight' as const }));

  it('compares hashes and counts', () => {
    const value = { sha256: 'a'.repeat(64), numbers: {} };
    const other = { sha256: 'b'.repeat(64), numbers: {} };
    expect(seenIn(row('hash'), { kind: 'exact', tonight: value, earlier: value }, plan.gate)).toBe('unchanged');
    expect(seenIn(row('hash'), { kind: 'exact', tonight: value, earlier: other }, plan.gate)).toBe('changed');
    const [three, four] = [3, 4].map((count) => ({ value: count, parts: {} }));
    expect(seenIn(row('nodes'), { kind: 'count', tonight: four!, earlier: three! }, plan.gate)).toBe('changed');
    expect(seenIn(row('nodes'), { kind: 'count', tonight: four!, earlier: null }, plan.gate)).toBe('unknown');
  });

  it('judges pairs by both stages', () => {
    const of = (...stages: number[]): Seen =>
      seenIn(row('step'), { kind: 'paired', stages: stages.map(pairs) }, plan.gate);
    expect(of(1.1, 1.1)).toBe('changed');
    expect(of(1.1)).toBe('unknown');
    expect(of(1)).toBe('unchanged');
  });
});
