/** @file A night from plan to record: registered first, every planned row delivered or named, one machine throughout. */
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fingerprint } from '../../../harness/core/canonical-json.ts';
import { chooseRows } from '../../../harness/nightly/measure/selection.ts';
import type { Ask } from '../../../harness/nightly/measure/side.ts';
import { takeNight, type NightRequest } from '../../../harness/nightly/measure/take-night.ts';
import { HandClock, answer, machine, plan, values } from './fixture.ts';

const tonight = { root: 'tonight', commit: '1'.repeat(40), dirty: false };
const earlier = { root: 'earlier', commit: '2'.repeat(40) };
const known: Ask = (_side, group) => Promise.resolve(answer(values[group]!));

function request(change: Partial<NightRequest> = {}): NightRequest {
  return {
    plan,
    selection: chooseRows(plan, { only: null, quick: false, device: 'cpu' }),
    quick: false,
    tonight,
    against: { ref: 'HEAD~1', build: earlier },
    ask: known,
    judge: { enough: () => true, alarm: () => false },
    time: { firstPairs: () => ({ left: () => Infinity }), whole: { left: () => Infinity } },
    folder: mkdtempSync(join(tmpdir(), 'night-')),
    clock: new HandClock(),
    say: () => undefined,
    ...change,
  };
}

describe('takeNight', () => {
  it('delivers every planned row of its kind, and names those that it left out', async () => {
    const night = await takeNight(request());
    expect(Object.keys(night.deliveries).sort()).toEqual(plan.rows.map(({ id }) => id).sort());
    expect(night.deliveries).toMatchObject({
      hash: { kind: 'exact', tonight: { numbers: { loss: 1 } }, earlier: { numbers: { loss: 1 } } },
      nodes: { kind: 'count', tonight: { value: 3 }, earlier: { value: 3 } },
      score: {
        kind: 'quality',
        seeds: [
          { seed: 1, tonight: 10, earlier: 10 },
          { seed: 2, tonight: 10, earlier: 10 },
        ],
        missing: [],
      },
      step: { kind: 'paired', stages: [Array(7).fill({ tonight: 100, earlier: 100 })] },
      'gpu-step': { kind: 'left-out' },
    });
    expect(night).toMatchObject({ against: { ref: 'HEAD~1', build: { commit: earlier.commit } }, machine });
  });

  it('registers the plan with its hash before any process starts', async () => {
    const asking = request();
    const registered: boolean[] = [];
    const ask: Ask = (side, group) => {
      registered.push(existsSync(join(asking.folder, 'plan.json')));
      return known(side, group);
    };
    const night = await takeNight({ ...asking, ask });
    expect(registered[0]).toBe(true);
    const written = JSON.parse(readFileSync(join(asking.folder, 'plan.json'), 'utf8')) as unknown;
    expect(written).toEqual({ planSha256: fingerprint(plan), plan });
    expect(night.planSha256).toBe(fingerprint(plan));
  });

  it('measures alarmed rows again on fresh processes, and those alone', async () => {
    const asked: string[] = [];
    const ask: Ask = (side, group) => {
      asked.push(group);
      return known(side, group);
    };
    const judge = { enough: () => true, alarm: (_: unknown, { id }: { id: string }) => id === 'memory' };
    const { deliveries } = await takeNight(request({ ask, judge }));
    expect(deliveries.memory).toMatchObject({ stages: [{ length: 7 }, { length: 7 }] });
    expect(deliveries.step).toMatchObject({ stages: [{ length: 7 }] });
    expect(asked.filter((group) => group === 'steps')).toHaveLength(28);
  });

  it('names the seed whose cell was killed, and the rows of a process that died', async () => {
    const ask: Ask = (side, group, seed) => {
      if (side === earlier || group === 'machine') return known(side, group);
      if (seed === 2) return Promise.resolve({ why: 'its process was killed by signal 9' });
      if (group === 'fixed') return Promise.resolve(answer({ hash: values.fixed!.hash! }));
      return known(side, group);
    };
    const { deliveries } = await takeNight(request({ ask }));
    expect(deliveries.score).toMatchObject({
      seeds: [{ seed: 1 }],
      missing: [{ seed: 2, why: 'its process was killed by signal 9' }],
    });
    expect(deliveries.nodes).toEqual({ kind: 'missing', why: 'group fixed of this build delivers no row nodes' });
  });

  it('says why an earlier build does not run, and measures without it', async () => {
    const ask: Ask = (side, group) =>
      side === earlier ? Promise.resolve({ why: 'it is older than the nightly command' }) : known(side, group);
    const { against, deliveries } = await takeNight(request({ ask }));
    expect(against).toEqual({
      ref: 'HEAD~1',
      why: '222222222222 does not run: it is older than the nightly command',
    });
    expect(deliveries).toMatchObject({ hash: { earlier: null }, step: { stages: [Array(7).fill({ earlier: null })] } });
  });

  it('refuses a machine that changes under way', async () => {
    const other = { ...machine, cores: 4, fingerprint: '2'.repeat(64) };
    const ask: Ask = (_side, group) => Promise.resolve(answer(values[group]!, group === 'steps' ? other : machine));
    await expect(takeNight(request({ ask }))).rejects.toThrow(
      'nightly: got another machine under way (cores changed), expected one machine for a whole night: both builds must run on the same.',
    );
  });

  it('ends in one line when tonight’s build does not run', async () => {
    const ask: Ask = () => Promise.resolve({ why: 'its process ended with exit code 1: no engine' });
    await expect(takeNight(request({ ask }))).rejects.toThrow(
      /^nightly: got its process ended with exit code 1: no engine, expected a build that runs\. /,
    );
  });
});
