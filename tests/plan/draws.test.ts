/** @file Host draws: repeatable, independent of the batch size, apart from each other. */
import { describe, expect, it } from 'vitest';
import { drawIntervals } from '../../harness/plan/draws.ts';
import { Timetable } from '../../harness/plan/timetable.ts';
import { planOf } from './fixtures.ts';

const { cumulative, intervals } = new Timetable(planOf()).at(0);

describe('drawIntervals', () => {
  it('draws the same for the same seed and step, and otherwise not', () => {
    const draw = (seed: number, k: number) => [...drawIntervals(seed, k, 64, cumulative)];
    expect(draw(3, 17)).toEqual(draw(3, 17));
    expect(draw(3, 18)).not.toEqual(draw(3, 17));
    expect(draw(4, 17)).not.toEqual(draw(3, 17));
  });

  it('gives an image the same interval in a batch of any size', () => {
    expect(drawIntervals(0, 5, 16, cumulative)).toEqual(drawIntervals(0, 5, 1024, cumulative).slice(0, 16));
  });

  it('stays among the intervals, of which there is one fewer than levels', () => {
    const drawn = drawIntervals(0, 0, 20_000, cumulative);
    expect([Math.min(...drawn), Math.max(...drawn), intervals]).toEqual([0, 9, 10]);
  });
});
