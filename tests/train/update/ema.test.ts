/** @file The averages after an update: each by its own share, the teacher only where there is one. */
import { expect, it } from 'vitest';
import { averagesAfter } from '../../../harness/train/update/ema.ts';

const average = (e: number, p: number, share: number) => e + (p - e) * share;

it('moves the sampling average and the teacher towards the new parameters, each by its own share', () => {
  const shares = { samplingEma: 0.25, teacher: 0.5 };
  expect(averagesAfter(average, { samplingEma: 0, teacher: 4 }, 8, shares)).toEqual({ samplingEma: 2, teacher: 6 });
  expect(averagesAfter(average, { samplingEma: 0, teacher: null }, 8, shares)).toEqual({
    samplingEma: 2,
    teacher: null,
  });
});
