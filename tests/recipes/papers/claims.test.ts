/** @file The published numbers: complete, consistent with each other, tied to recipes that exist. */
import { describe, expect, it } from 'vitest';
import type { PublishedClaim } from '../../../harness/judge/verdict.ts';
import { claims, improvements, otherWorks, publishedMachines } from '../../../recipes/papers/claims.ts';
import { recipes } from '../../../recipes/index.ts';

const byId = new Map([...claims, ...otherWorks].map((number) => [number.id, number]));

describe('the claims', () => {
  it('have an id each', () => {
    expect(byId.size).toBe(claims.length + otherWorks.length);
  });

  it('belong to recipes of the same data set', () => {
    for (const { recipeId, dataset } of claims) expect(recipes[recipeId]?.data.dataset).toBe(dataset);
    for (const { recipeId } of publishedMachines) expect(recipes[recipeId]).toBeDefined();
  });

  it('can be judged as they are', () => {
    const judgeable: readonly PublishedClaim[] = claims;
    expect(judgeable.map(({ better, metric }) => better === (metric === 'fid50k' ? 'lower' : 'higher'))).not.toContain(
      false,
    );
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
    for (const { from, to, factor } of improvements) {
      expect(Math.abs(byId.get(from)!.value / byId.get(to)!.value / factor - 1)).toBeLessThan(0.02);
    }
  });

  it('say how a value was chosen wherever the checkpoint was', () => {
    expect(byId.get('cifar10-ct/fid50k/nfe1')?.selection).toContain('740,000');
    expect([...byId.values()].every(({ selection, source }) => selection !== '' && source !== '')).toBe(true);
  });
});
