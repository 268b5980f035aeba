/** @file Tables of a step's time: medians over runs, shares of all, and the place that an operation's name tells. */
import { describe, expect, it } from 'vitest';
import { placeOf, summarised } from '../../../harness/bench/subjects/step-profile.ts';

describe('the place of an operation', () => {
  it.each([
    ['student/ResnetBlockDDPMpp_3/Conv2D_12', 'student', 'ResnetBlockDDPMpp_3'],
    ['student/Conv2D_1', 'student', 'outside the blocks'],
    ['gradient/student/AttnBlockpp_0/MatMul_7', 'gradient of student', 'AttnBlockpp_0'],
    ['gradient/distance/Mul_7', 'gradient of distance', null],
    ['optimizer/Mul_9', 'optimizer', null],
    ['ArithmeticOptimizer/teacher/AttnBlockpp_0/MatMul_7', 'teacher', 'AttnBlockpp_0'],
    ['_retval_averages/Mul_9_0_1', 'averages', null],
    ['ArithmeticOptimizer/HoistCommonFactor_Mul_9', 'elsewhere', null],
    ['Mul_9', 'elsewhere', null],
  ])('%s', (name, part, block) => {
    expect(placeOf(name)).toEqual({ part, block });
  });
});

it('the tables of several runs hold the median of each operation and its share of all', () => {
  const run = (milliseconds: readonly [number, number, number]) => ({
    microseconds: 1000 * Math.max(...milliseconds),
    operations: [
      { name: 'student/A/Conv2D_1', kind: 'Conv2D', shape: [], microseconds: 1000 * milliseconds[0] },
      { name: 'gradient/student/A/Conv2D_2', kind: 'Conv2D', shape: [], microseconds: 1000 * milliseconds[1] },
      { name: 'optimizer/Mul_3', kind: 'Mul', shape: [], microseconds: 1000 * milliseconds[2] },
    ],
  });
  const profile = summarised([run([1, 4, 2]), run([9, 5, 3]), run([2, 6, 2])]);
  expect(profile).toEqual({
    runs: 3,
    stepMilliseconds: 6,
    operationMilliseconds: 9,
    kinds: [
      { what: 'Conv2D', milliseconds: 7, operations: 2, share: 7 / 9 },
      { what: 'Mul', milliseconds: 2, operations: 1, share: 2 / 9 },
    ],
    parts: [
      { what: 'gradient of student', milliseconds: 5, operations: 1, share: 5 / 9 },
      { what: 'student', milliseconds: 2, operations: 1, share: 2 / 9 },
      { what: 'optimizer', milliseconds: 2, operations: 1, share: 2 / 9 },
    ],
    blocks: [{ what: 'A', milliseconds: 7, operations: 2, share: 7 / 9 }],
  });
});
