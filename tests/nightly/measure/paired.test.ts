/** @file Blocks of both builds: one pair each from fresh processes, in random order, until they are enough or time is gone. */
import { describe, expect, it } from 'vitest';
import { takeBlocks, type BlocksRequest } from '../../../harness/nightly/measure/paired.ts';
import type { Ask } from '../../../harness/nightly/measure/side.ts';
import { HandClock, answer, pairedRows, plan, values } from './fixture.ts';

const tonight = { root: 'tonight', commit: '1'.repeat(40) };
const earlier = { root: 'earlier', commit: '2'.repeat(40) };

function request(change: Partial<BlocksRequest> = {}): BlocksRequest & { asked: string[]; clock: HandClock } {
  const clock = new HandClock();
  const asked: string[] = [];
  const ask: Ask = (side, group) => {
    asked.push(side.root);
    clock.pass(1_000);
    return Promise.resolve(answer(values[group]!));
  };
  return {
    rows: pairedRows,
    gate: plan.gate,
    stage: 1,
    tonight,
    earlier,
    ask,
    judge: { enough: () => true },
    deadline: { left: () => Infinity },
    lastDeadline: { left: () => Infinity },
    onBlock: () => undefined,
    onAnswer: () => undefined,
    ...change,
    clock,
    asked,
  };
}

describe('takeBlocks', () => {
  it('takes the fewest pairs where they are enough, each build asked once in each', async () => {
    const asking = request();
    const pairs = await takeBlocks(asking);
    expect(pairs.step).toHaveLength(7);
    expect(pairs.memory).toHaveLength(7);
    expect(asking.asked).toHaveLength(14);
    for (let block = 0; block < 7; block++)
      expect(asking.asked.slice(2 * block, 2 * block + 2).sort()).toEqual(['earlier', 'tonight']);
  });

  it('draws the order of every block from the seed, notes it, and draws another for the second stage', async () => {
    const gate = { ...plan.gate, fewestPairs: 14 };
    const orders = async (stage: 1 | 2) => {
      const asking = request({ stage, gate });
      const { step } = await takeBlocks(asking);
      const firsts = (step as readonly { readonly first: string }[]).map(({ first }) => first);
      expect(asking.asked.filter((_, i) => i % 2 === 0)).toEqual(firsts);
      return firsts;
    };
    const first = await orders(1);
    expect(await orders(1)).toEqual(first);
    expect(await orders(2)).not.toEqual(first);
    expect(new Set(first)).toEqual(new Set(['tonight', 'earlier']));
  });

  it('goes on while one row of the group needs more, up to the most', async () => {
    const some = await takeBlocks(
      request({ judge: { enough: (pairs, { id }) => id === 'step' || pairs.length >= 9 } }),
    );
    expect(some.step).toHaveLength(9);
    const most = await takeBlocks(request({ judge: { enough: () => false } }));
    expect(most.step).toHaveLength(14);
  });

  it('stops at the budget of the rows and at the deadline', async () => {
    const judge = { enough: () => false };
    const rows = pairedRows.map((row) => ({ ...row, budgetSeconds: 19 }));
    // Two seconds a block: the tenth ends beyond nineteen.
    expect((await takeBlocks(request({ judge, rows }))).step).toHaveLength(10);
    const late = request({ judge });
    const deadline = { left: () => 7_000 - late.clock.now() };
    expect((await takeBlocks({ ...late, deadline })).step).toHaveLength(3);
  });

  it('delivers nothing, by name, when there was no time for a pair', async () => {
    const pairs = await takeBlocks(request({ deadline: { left: () => -1 }, lastDeadline: { left: () => -1 } }));
    expect(pairs).toEqual({
      step: { why: 'the budget was gone before its first pair' },
      memory: { why: 'the budget was gone before its first pair' },
    });
  });

  it('takes one block of a group whose turn comes after the time of first pairs', async () => {
    expect((await takeBlocks(request({ deadline: { left: () => -1 } }))).step).toHaveLength(1);
  });

  it('asks tonight’s build alone where there is no earlier one', async () => {
    const asking = request({ earlier: null, judge: { enough: () => false } });
    const { step } = await takeBlocks(asking);
    expect(asking.asked).toEqual(Array(7).fill('tonight'));
    expect(step).toMatchObject(Array(7).fill({ tonight: 100, earlier: null }));
  });

  it('pairs nothing with an earlier build that measures another version, and asks it once', async () => {
    const asking = request();
    const ask: Ask = async (side, group, seed) => {
      const given = await asking.ask(side, group, seed);
      return side === earlier ? answer(values.steps!, undefined, 2) : given;
    };
    const { step } = await takeBlocks({ ...asking, ask });
    expect(step).toMatchObject(Array(7).fill({ earlier: null }));
    expect(asking.asked.filter((root) => root === 'earlier')).toHaveLength(1);
  });

  it('gives the reason of a process of tonight’s build that failed, and starts no more', async () => {
    const asking = request();
    const ask: Ask = (side, group, seed) =>
      side === tonight ? Promise.resolve({ why: 'its process was killed' }) : asking.ask(side, group, seed);
    const pairs = await takeBlocks({ ...asking, ask });
    expect(pairs).toEqual({ step: { why: 'its process was killed' }, memory: { why: 'its process was killed' } });
    expect(asking.asked.length).toBeLessThanOrEqual(1);
  });
});
