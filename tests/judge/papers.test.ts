/** @file Everything that the papers claim reaches a run with a verdict, readings of a recipe included. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { judgedClaims, judgedOrders, judgedRatios } from '../../harness/judge/papers.ts';
import { papers } from '../../recipes/papers/index.ts';
import { fixturePapers } from '../report/fixture/claims.ts';
import { fixtureCt, fixtureIct, fixtureScale } from '../report/fixture/recipes.ts';
import { writeFixtureRun, type FixtureOptions } from '../report/fixture/run.ts';

const scale = { ...fixtureScale, maxIntervals: null };

function run(options: FixtureOptions) {
  return writeFixtureRun(join(mkdtempSync(join(tmpdir(), 'papers-')), 'run'), { scale, gridImages: 8, ...options });
}

it('judges a reading by the claims of the recipe that it is a reading of, and says so', () => {
  const other = { ...fixtureCt, id: 'shapes-ct-other' };
  const judged = judgedClaims(run({ recipes: [other], value: (_, __, seed) => 600 + seed }), fixturePapers);
  const seen = judged.map(({ recipeId, reading, verdict }) => [recipeId, reading?.what ?? null, verdict.kind]);
  expect(seen).toEqual([
    ['shapes-ct', null, 'not-attempted'],
    ['shapes-ct-other', 'read otherwise', 'reproduced'],
    ['shapes-ict', null, 'not-attempted'],
    ['cifar10-ict', null, 'not-attempted'],
  ]);
});

it('judges ratios and orders of recipes, samplers and other works', () => {
  const value = (recipeId: string, nfe: number, seed: number) => (recipeId === 'shapes-ct' ? 600 : 300 / nfe) + seed;
  const whole = run({ recipes: [fixtureCt, fixtureIct], value });
  expect(judgedRatios(whole, fixturePapers).map(({ verdict }) => verdict.kind)).toEqual(['reproduced']);
  expect(judgedOrders(whole, fixturePapers).map(({ verdict }) => verdict.kind)).toEqual(['holds', 'holds']);
  const alone = run({ recipes: [fixtureCt], value });
  expect(judgedRatios(alone, fixturePapers)[0]!.verdict).toMatchObject({
    kind: 'not-attempted',
    why: 'this run holds no shapes-ict',
  });
  expect(judgedOrders(alone, fixturePapers).map(({ verdict }) => verdict.kind)).toEqual(['not-attempted', 'holds']);
});

it('judges nothing of a scaled run', () => {
  const scaled = run({ scale: fixtureScale });
  const kinds = [...judgedRatios(scaled, fixturePapers), ...judgedOrders(scaled, fixturePapers)];
  expect(new Set(kinds.map(({ verdict }) => verdict.kind))).toEqual(new Set(['scaled-recipe']));
});

it('finds every number that a ratio or an order names', () => {
  const twin = run({ seeds: [0] });
  const kinds = [...judgedRatios(twin, papers), ...judgedOrders(twin, papers)].map(({ verdict }) => verdict.kind);
  expect(new Set(kinds)).toEqual(new Set(['not-attempted']));
});
