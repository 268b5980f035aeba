/** @file Host draws: repeatable, independent of the batch size, apart from each other. */
import { describe, expect, it } from 'vitest';
import { drawFlips, drawIntervals } from '../../harness/plan/draws.ts';
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

describe('drawFlips', () => {
  it('flips none, about half, or all', () => {
    const flipped = (probability: number) => drawFlips(0, 1, 10_000, probability).reduce((sum, flip) => sum + flip, 0);
    expect([flipped(0), flipped(1)]).toEqual([0, 10_000]);
    // Five standard deviations of a fair coin; the seed is fixed.
    expect(Math.abs(flipped(0.5) - 5_000)).toBeLessThan(250);
  });

  it('does not follow the intervals of the same step', () => {
    const fair = Float64Array.of(0.5, 1);
    const flips = drawFlips(0, 0, 4_000, 0.5);
    const agreeing = drawIntervals(0, 0, 4_000, fair).filter((j, n) => j === 1 - flips[n]!).length;
    expect(Math.abs(agreeing - 2_000)).toBeLessThan(160);
  });
});
