/** @file The rule for the second level: on the last grid, nearest to the published one or searched, and said where it moves. */
import { describe, expect, it } from 'vitest';
import { samplersOf, samplerWarnings } from '../../harness/evaluate/samplers.ts';
import type { PlanRequest } from '../../harness/plan/resolve.ts';
import type { Plan } from '../../harness/plan/types.ts';
import * as cifar10 from '../../recipes/cifar10.ts';
import * as imagenet64 from '../../recipes/imagenet64.ts';
import * as shapes from '../../recipes/shapes.ts';
import { paperScale, planOf } from '../plan/fixtures.ts';

const given = { file: 'a.msgpack', sha256: '0'.repeat(64), part: 'sampling-ema' } as const;
const short = (plan: Partial<PlanRequest>, maxIntervals: number): Plan =>
  planOf({ scale: { ...paperScale, maxIntervals }, ...plan });

describe('samplersOf', () => {
  it('takes the level of the published grid whose rounding was published', () => {
    const { sigmas, secondLevel } = samplersOf(planOf());
    expect(secondLevel).toMatchObject({ kind: 'projected', published: 0.821, index: 492, N: 1281 });
    expect(sigmas).toEqual([[80], [80, secondLevel!.used]]);
    expect(secondLevel!.used).toBeCloseTo(0.8208668, 7);
    expect(samplerWarnings(planOf(), null)).toEqual([]);
    const exact = samplersOf(planOf({ recipe: imagenet64.ct })).secondLevel;
    expect(exact).toMatchObject({ used: 1.912_843_620_695_361_4, index: 94, N: 201 });
  });

  it('takes the nearest of the shorter grid of a short run, whatever the recipe, and says so', () => {
    const cut = [
      short({ recipe: cifar10.ict }, 40),
      short({ recipe: imagenet64.ct }, 20),
      short({ recipe: imagenet64.ict }, 20),
    ].map((plan) => samplersOf(plan).secondLevel);
    expect(cut.map((level) => [level!.N, level!.index])).toEqual([
      [41, 15],
      [21, 9],
      [21, 9],
    ]);
    const twin = short({ recipe: shapes.ct }, 15);
    expect(samplerWarnings(twin, null)).toMatchObject([
      { kind: 'projected-level', published: 0.821, index: 6, N: 16, used: expect.closeTo(0.9654, 4) as number },
    ]);
  });

  it('takes the grid of given weights as their file says, else as published', () => {
    expect(samplersOf(short({ weights: given }, 40)).secondLevel).toMatchObject({
      index: 492,
      N: 1281,
    });
    const own = { ...given, gridLevels: 41 };
    expect(samplersOf(short({ weights: own }, 40)).secondLevel).toMatchObject({ index: 15, N: 41 });
  });

  it('has one sampler until a level that is not published was found', () => {
    const plan = planOf({ recipe: cifar10.ct });
    expect(samplersOf(plan)).toEqual({ sigmas: [[80]], secondLevel: null });
    const found = { kind: 'searched', metric: 'fid10k', used: 1.1, index: 80, N: 151, scored: [] } as const;
    expect(samplersOf(plan, found)).toEqual({ sigmas: [[80], [80, 1.1]], secondLevel: found });
    expect(samplerWarnings(plan, null)).toMatchObject([{ kind: 'metric-missing', metric: 'two-step samples' }]);
  });
});
