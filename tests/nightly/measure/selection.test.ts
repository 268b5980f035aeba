/** @file Rows of a night: chosen by name, length and device; each of the others is left out by name. */
import { describe, expect, it } from 'vitest';
import { chooseRows } from '../../../harness/nightly/measure/selection.ts';
import { plan } from './fixture.ts';

const ids = (choice: Parameters<typeof chooseRows>[1]) => chooseRows(plan, choice).rows.map(({ id }) => id);

describe('chooseRows', () => {
  it('takes every row that the device can measure', () => {
    const whole = { only: null, quick: false } as const;
    expect(ids({ ...whole, device: 'cpu' })).toEqual(['hash', 'nodes', 'score', 'step', 'memory']);
    expect(ids({ ...whole, device: 'gpu' })).toEqual(['hash', 'nodes', 'score', 'step', 'memory', 'gpu-step']);
    expect(chooseRows(plan, { ...whole, device: 'cpu' }).leftOut).toEqual({
      'gpu-step': { kind: 'left-out', why: 'it needs a GPU, and the night ran on the CPU' },
    });
  });

  it('takes rows and groups that are named, and the quick ones of them', () => {
    expect(ids({ only: ['steps', 'hash'], quick: false, device: 'cpu' })).toEqual(['hash', 'step', 'memory']);
    const { rows, leftOut } = chooseRows(plan, { only: ['score', 'hash'], quick: true, device: 'cpu' });
    expect(rows.map(({ id }) => id)).toEqual(['hash']);
    expect(leftOut.score).toEqual({ kind: 'left-out', why: 'not part of --quick' });
    expect(leftOut.step).toEqual({ kind: 'left-out', why: 'not named by --only' });
  });

  it.each<[string, string[], string]>([
    [
      'a name that no row has',
      ['setp'],
      '--only: got "setp", expected rows or groups of the nightly plan. Did you mean "step" or "steps".',
    ],
    [
      'a choice that leaves nothing',
      ['gpu-step'],
      '--only: got "gpu-step", expected a row that can be measured here. it needs a GPU, and the night ran on the CPU.',
    ],
  ])('refuses %s in one line', (_, only, message) => {
    expect(() => chooseRows(plan, { only, quick: false, device: 'cpu' })).toThrow(message);
  });
});
