/** @file The published numbers: complete, consistent with each other, tied to recipes that exist. */
import { describe, expect, it } from 'vitest';
import type { PublishedClaim } from '../../../harness/judge/verdict.ts';
import { recipes } from '../../../recipes/index.ts';
import { papers } from '../../../recipes/papers/index.ts';

const { claims, ratios, orders, readings, otherWorks, machines } = papers;
const byId = new Map([...claims, ...otherWorks].map((number) => [number.id, number]));

describe('the claims', () => {
  it('have an id each', () => {
    const ids = [...claims, ...otherWorks, ...ratios, ...orders].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('belong to recipes of the same data set', () => {
    for (const { recipeId, dataset } of claims) expect(recipes[recipeId]?.data.dataset).toBe(dataset);
    for (const { recipeId } of machines) expect(recipes[recipeId]).toBeDefined();
  });

  it('can be judged as they are', () => {
    const judgeable: readonly PublishedClaim[] = claims;
    expect(judgeable.map(({ better, metric }) => better === (metric === 'fid50k' ? 'lower' : 'higher'))).not.toContain(
      false,
    );
  });

  it('carry the protocol of their recipe: its quantisation, the averaged weights, 50,000 samples, no bfloat16', () => {
    for (const { recipeId, protocol } of claims) {
      const { quantise } = recipes[recipeId]!.sampling;
      expect(protocol).toMatchObject({ samples: 50_000, weights: 'sampling-ema', quantisation: quantise });
      expect(protocol.precisions).not.toContain('bfloat16');
    }
  });

  // Song et al. 2023, tables 1 and 2; Song & Dhariwal 2023, abstract; Lu & Song 2024, table 1.
  it.each([
    ['cifar10-ct', [8.7, 5.83]],
    ['cifar10-ict', [2.83, 2.46]],
    ['cifar10-ict-deep', [2.51, 2.24]],
    ['imagenet64-ct', [13.0, 11.1]],
    ['imagenet64-ict', [4.02, 3.2]],
    ['imagenet64-ict-deep', [3.25, 2.77]],
  ])('hold the published FIDs of %s with one and two steps', (recipeId, [one, two]) => {
    expect([byId.get(`${recipeId}/fid50k/nfe1`)?.value, byId.get(`${recipeId}/fid50k/nfe2`)?.value]).toEqual([
      one,
      two,
    ]);
    expect(byId.get(`${recipeId}/fid50k/nfe1`)?.confidence).toBe('text');
  });

  it('mark as recalled what was not read in the source, and no FID is', () => {
    expect(claims.filter(({ metric, confidence }) => metric === 'fid50k' && confidence === 'memory')).toEqual([]);
    expect(claims.filter(({ confidence }) => confidence === 'memory').length).toBe(14);
  });

  it('are better with two steps than with one, throughout', () => {
    for (const one of claims.filter(({ nfe, metric }) => nfe === 1 && metric === 'fid50k')) {
      expect(byId.get(one.id.replace('nfe1', 'nfe2'))!.value).toBeLessThan(one.value);
    }
  });

  it('contain the improvement factors of the abstract', () => {
    for (const { over, under, factor } of ratios) {
      expect(Math.abs(byId.get(over)!.value / byId.get(under)!.value / factor - 1)).toBeLessThan(0.02);
    }
  });

  it('know of no rule by which a value was chosen, and say which checkpoint was', () => {
    expect(claims.filter(({ bestOf }) => bestOf !== null)).toEqual([]);
    expect(byId.get('cifar10-ct/fid50k/nfe1')?.selection).toContain('74 of 80');
    expect([...byId.values()].every(({ selection, source }) => selection !== '' && source !== '')).toBe(true);
    expect([...byId.values()].filter(({ selection }) => selection.includes('evaluated once'))).toEqual([]);
  });
});

describe('the orders', () => {
  it('hold in print: the number said to be better is', () => {
    for (const { better, worse, says } of orders) {
      const [first, second] = [byId.get(better)!, byId.get(worse)!];
      expect([first.metric, first.dataset], says).toEqual([second.metric, second.dataset]);
      expect(first.value, says).toBeLessThan(second.value);
      expect(
        [first, second].some(({ recipeId }) => recipeId !== null),
        says,
      ).toBe(true);
    }
  });

  it('say of both data sets that two steps beat one, deep beats base, iCT beats CT and CD; and of CT and PD what each table says', () => {
    expect(orders.map(({ dataset, says }) => `${dataset}: ${says}`)).toEqual([
      'cifar10: iCT is better than CT in one step',
      'cifar10: iCT is better than CD in one step',
      'cifar10: iCT-deep is better than CD in one step',
      'cifar10: iCT-deep is better than iCT in one step',
      'cifar10: iCT is better than CT in two steps',
      'cifar10: iCT is better than CD in two steps',
      'cifar10: iCT-deep is better than CD in two steps',
      'cifar10: iCT-deep is better than iCT in two steps',
      'cifar10: CT is better in two steps than in one',
      'cifar10: iCT is better in two steps than in one',
      'cifar10: iCT-deep is better in two steps than in one',
      'cifar10: PD is better than CT in one step',
      'imagenet64: iCT is better than CT in one step',
      'imagenet64: iCT is better than CD in one step',
      'imagenet64: iCT-deep is better than CD in one step',
      'imagenet64: iCT-deep is better than iCT in one step',
      'imagenet64: iCT is better than CT in two steps',
      'imagenet64: iCT is better than CD in two steps',
      'imagenet64: iCT-deep is better than CD in two steps',
      'imagenet64: iCT-deep is better than iCT in two steps',
      'imagenet64: CT is better in two steps than in one',
      'imagenet64: iCT is better in two steps than in one',
      'imagenet64: iCT-deep is better in two steps than in one',
      'imagenet64: CT is better than PD in one step',
    ]);
  });
});

describe('the readings', () => {
  it('are recipes without claims, each a reading of a recipe that has some', () => {
    const claiming = new Set(claims.map(({ recipeId }) => recipeId));
    for (const { recipeId, of } of readings) {
      expect(recipes[recipeId]?.data.dataset).toBe(recipes[of]?.data.dataset);
      expect(claiming.has(of)).toBe(true);
      expect(claiming.has(recipeId)).toBe(false);
    }
  });

  it('are every recipe of a published data set that neither claims nor is a rung or an ablation, of which no number is published', () => {
    const claiming = new Set(claims.map(({ recipeId }) => recipeId));
    const others = Object.values(recipes)
      .filter(
        ({ id, data }) => data.dataset !== 'shapes' && !claiming.has(id) && !/-(ladder|ablation|without)/.test(id),
      )
      .map(({ id }) => id);
    expect(new Set(others)).toEqual(new Set(readings.map(({ recipeId }) => recipeId)));
  });
});
