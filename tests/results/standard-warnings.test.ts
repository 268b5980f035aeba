/** @file What qualifies a cell's numbers is read off its plan, checkout and scores. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { warningText } from '../../harness/core/warnings.ts';
import type { Result } from '../../harness/results/schema.ts';
import { standardWarnings } from '../../harness/results/standard-warnings.ts';
import { fixtureScale } from '../report/fixture/recipes.ts';
import { writeFixtureRun, type FixtureOptions } from '../report/fixture/run.ts';

it('names the scale, the checkout, the engine and the deviations', () => {
  const { plan, provenance, scores } = cell({});
  const eager = { ...plan, engine: { ...plan.engine, mode: 'eager' as const } };
  const warnings = standardWarnings({ plan: eager, provenance: { ...provenance, dirty: true }, scores });
  expect(warnings).toEqual([
    {
      kind: 'scaled-recipe',
      scale: 'twin',
      asRun: 'intervals at the end, s1 80',
      published: 'intervals at the end, s1 150',
    },
    { kind: 'dirty-working-tree', commit: '0123456789ab' },
    { kind: 'eager-engine' },
    ...plan.recipe.deviations.map(({ what, why }) => ({ kind: 'declared-deviation', what, why })),
  ]);
});

it('says what is not known of the code', () => {
  const { plan, provenance, scores } = cell({});
  const of = (state: Partial<Result['provenance']>) =>
    standardWarnings({ plan, provenance: { ...provenance, ...state }, scores }).filter(
      ({ kind }) => kind === 'unknown-provenance',
    );
  expect(of({})).toEqual([]);
  expect(of({ dirty: null, unknown: 'git cannot be run' }).map(warningText)).toEqual([
    'Not known: whether files differed from commit 0123456789ab, because git cannot be run.',
  ]);
  expect(of({ commit: null, dirty: null, unknown: 'the code is no git checkout' }).map(warningText)).toEqual([
    'Not known: the commit of the code, because the code is no git checkout.',
  ]);
});

it('says which metrics stand on fewer images than published ones, once each', () => {
  const few = cell({ metric: 'fid', scale: { ...fixtureScale, sampleImages: 10_000 } });
  const warnings = standardWarnings(few).filter(({ kind }) => kind === 'few-samples');
  expect(warnings).toEqual([{ kind: 'few-samples', metric: 'fid10k', samples: 10_000, wanted: 50_000 }]);
  const enough = cell({ metric: 'fid', scale: { ...fixtureScale, sampleImages: 50_000 } });
  expect(standardWarnings(enough).filter(({ kind }) => kind === 'few-samples')).toEqual([]);
});

it.each([
  ['bfloat16', { precision: 'bfloat16' }],
  ['tf32', { device: 'gpu', tf32: true }],
] as const)('says that matrix products were rounded to %s', (precision, engine) => {
  // Only coarse grids can be trained in bfloat16.
  const rounded = standardWarnings(cell({ engine, scale: { ...fixtureScale, maxIntervals: 20 } })).filter(
    ({ kind }) => kind === 'rounded-products',
  );
  expect(rounded).toEqual([{ kind: 'rounded-products', precision }]);
});

it('says that XLA may draw other random numbers', () => {
  const kinds = (engine: NonNullable<FixtureOptions['engine']>) =>
    standardWarnings(cell({ engine })).map(({ kind }) => kind);
  expect(kinds({ xla: true })).toContain('xla-draws');
  expect(kinds({ xla: false })).not.toContain('xla-draws');
  expect(warningText({ kind: 'xla-draws' })).toContain('--xla');
});

it('has only the deviations to tell of a recipe that runs as published', () => {
  const published = cell({ scale: { ...fixtureScale, maxIntervals: null } });
  expect(new Set(standardWarnings(published).map(({ kind }) => kind))).toEqual(new Set(['declared-deviation']));
});

function cell(options: FixtureOptions): Result {
  const folder = join(mkdtempSync(join(tmpdir(), 'warnings-')), 'run');
  return writeFixtureRun(folder, { seeds: [0], gridImages: 8, ...options }).ledger[0]!.result!;
}
