/** @file What a run may say about a claim: whole seeds, the published protocol, and nothing else. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { compareInColumns, evidenceFor, scoreColumns } from '../../harness/judge/evidence.ts';
import { judgeClaim } from '../../harness/judge/verdict.ts';
import { publishedReferences } from '../../harness/metrics/reference/published.ts';
import type { Claim } from '../../harness/recipe/claim.ts';
import type { Run } from '../../harness/results/run.ts';
import { papers } from '../../recipes/papers/index.ts';
import { recipes } from '../../recipes/index.ts';
import { scales } from '../../recipes/scales.ts';
import { fixtureClaims } from '../report/fixture/claims.ts';
import { fixtureScale } from '../report/fixture/recipes.ts';
import { writeFixtureRun, type FixtureOptions } from '../report/fixture/run.ts';

let folder: string;

beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'evidence-')), 'run');
});

describe('scoreColumns', () => {
  it('keeps metric and sampler steps apart, and unfinished cells out', () => {
    const run = writeFixtureRun(folder, { gridImages: 8, spoiled: { 'shapes-ct-seed1': 'diverged' } });
    const columns = scoreColumns(run);
    expect(columns.map(({ key, entries }) => [key, entries.length])).toEqual([
      ['fd-shapes/nfe1', 5],
      ['fd-shapes/nfe2', 5],
    ]);
    const [comparison] = compareInColumns(run, columns, 'shapes-ct', 'shapes-ict');
    expect(comparison?.outcome).toBe('incomplete');
  });

  it('compares nothing across measurements of different identity, and the other columns among themselves', () => {
    const run = writeFixtureRun(folder, { gridImages: 8 });
    const mixed = withScores(run, ([first, ...others]) => [
      { ...first!, identity: { ...first!.identity, batchImages: 100 } },
      ...others,
    ]);
    const columns = scoreColumns(mixed);
    expect(columns[0]?.notComparable).toEqual(['batchImages 100 against 250']);
    const [first, second] = compareInColumns(mixed, columns, 'shapes-ct', 'shapes-ict');
    expect(first).toBeNull();
    expect(second).toMatchObject({ outcome: 'better', family: 1 });
  });
});

describe('evidenceFor', () => {
  const [claim] = fixtureClaims;
  const scale = { ...fixtureScale, maxIntervals: null };

  it('is none for a recipe that is not in the run', () => {
    const run = writeFixtureRun(folder, { seeds: [0], gridImages: 8 });
    expect(evidenceFor(papers.claims[0]!, run)).toEqual({ kind: 'none', reason: 'this run holds no cifar10-ct' });
  });

  it('is scaled when a number of the recipe was not used as published', () => {
    const run = writeFixtureRun(folder, { seeds: [0], gridImages: 8 });
    expect(evidenceFor(claim!, run)).toEqual({
      kind: 'scaled',
      differences: [{ what: 'intervals at the end, s1', published: 150, asRun: 80 }],
    });
  });

  it('is measured, seed by seed, at the published scale, with the seeds that are not there', () => {
    const spoiled = { 'shapes-ct-seed1': 'failed', 'shapes-ct-seed3': 'diverged' } as const;
    const run = writeFixtureRun(folder, { scale, seeds: [0, 1, 2, 3], gridImages: 8, spoiled });
    expect(evidenceFor(claim!, run)).toEqual({
      kind: 'measured',
      plannedSeeds: [0, 1, 2, 3],
      divergedSeeds: [3],
      seeds: [
        { seed: 0, draws: [595] },
        { seed: 2, draws: [591] },
      ],
      of: 'training',
    });
    expect(evidenceFor({ ...claim!, nfe: 3 }, run)).toEqual({
      kind: 'none',
      reason: 'fd-shapes with nfe 3 was not measured',
    });
  });

  it('is measured with every draw of a seed', () => {
    const run = writeFixtureRun(folder, { scale, seeds: [0], gridImages: 8, redraws: () => [601, 603] });
    expect(evidenceFor(claim!, run)).toMatchObject({ seeds: [{ seed: 0, draws: [595, 601, 603] }] });
  });

  it('names an older result that does not state its protocol, and judges nothing by it', () => {
    const run = writeFixtureRun(folder, { scale, seeds: [0], gridImages: 8 });
    const older = withScores(run, (scores) =>
      scores.map((score) => ({ ...score, identity: { ...score.identity, quantisation: undefined } })),
    );
    expect(evidenceFor(claim!, older)).toEqual({
      kind: 'none',
      reason: 'an older result: shapes-ct-seed0 does not state its quantisation',
    });
  });
});

describe('the published run of CT on CIFAR-10, five seeds near its 8.70', () => {
  const claim = papers.claims.find(({ id }) => id === 'cifar10-ct/fid50k/nfe1')!;
  const published = {
    weights: 'sampling-ema',
    quantisation: 'truncate',
    extractor: 'inception-2015',
    resize: 'legacy-bilinear-299',
    reference: publishedReferences.cifar10.id,
  } as const;

  it('is reproduced when it was measured by the published protocol', () => {
    expect(verdictOf({}).kind).toBe('reproduced');
    expect(verdictOf({ engine: { device: 'gpu', tf32: true, xla: true } }).kind).toBe('reproduced');
  });

  it('is unstable and not reproduced when two of the five diverged', () => {
    const spoiled = { 'cifar10-ct-seed1': 'diverged', 'cifar10-ct-seed3': 'diverged' } as const;
    expect(verdictOf({ spoiled })).toMatchObject({
      kind: 'unstable',
      why: '3 of 5 planned seeds finished, 2 diverged',
    });
  });

  it('is inconclusive when a seed is missing or failed', () => {
    const why = '4 of 5 planned seeds finished';
    expect(verdictOf({ spoiled: { 'cifar10-ct-seed4': 'missing' } })).toMatchObject({ kind: 'inconclusive', why });
    expect(verdictOf({ spoiled: { 'cifar10-ct-seed4': 'failed' } })).toMatchObject({ kind: 'inconclusive', why });
  });

  it.each<[string, FixtureOptions, string]>([
    [
      'a foreign reference and extractor',
      { identity: { extractor: 'shapes-classifier@1', resize: 'none', reference: 'shapes-held-out@1' } },
      'reference shapes-held-out@1 in place of cifar10-legacy-tensorflow-train, extractor shapes-classifier@1 in place of inception-2015, resize none in place of legacy-bilinear-299',
    ],
    ['other weights', { identity: { ...published, weights: 'student' } }, 'weights student in place of sampling-ema'],
    ['rounded bytes', { identity: { ...published, quantisation: 'round' } }, 'quantisation round in place of truncate'],
    [
      'bfloat16',
      {
        identity: published,
        engine: { precision: 'bfloat16' },
        // Given weights: no plan trains in it on so fine a grid.
        weights: { file: 'checkpoint_74', sha256: 'a'.repeat(64), part: 'sampling-ema' },
      },
      'precision bfloat16 in place of float32 or tf32',
    ],
  ])('is not attempted with %s', (_, options, differences) => {
    expect(verdictOf(options)).toEqual({ kind: 'not-attempted', reason: `measured against ${differences}` });
  });

  it('is another word with weights that were not trained here', () => {
    const weights = { file: 'checkpoint_74', sha256: 'a'.repeat(64), part: 'sampling-ema' } as const;
    expect(verdictOf({ weights })).toMatchObject({ kind: 'evaluation-reproduced', measured: { of: 'evaluation' } });
  });

  function verdictOf(options: FixtureOptions) {
    const run = writeFixtureRun(join(mkdtempSync(join(tmpdir(), 'published-')), 'run'), {
      identity: published,
      recipes: [recipes['cifar10-ct']!],
      scale: scales.cifar10.paper!,
      seeds: [0, 1, 2, 3, 4],
      metric: 'fid',
      value: (_, __, seed) => 8.69 + 0.005 * seed,
      gridImages: 8,
      ...options,
    });
    return judgeClaim(claim, evidenceFor(claim, run), run.registration.judgement);
  }
});

it('every claim of the papers is measured against the reference that is fetched for its data set', () => {
  for (const { dataset, metric, protocol } of papers.claims as readonly (Claim & {
    dataset: 'cifar10' | 'imagenet64';
  })[]) {
    expect(protocol.reference).toBe(metric === 'is50k' ? null : publishedReferences[dataset].id);
  }
});

/** The run with other scores in its first cell. */
function withScores(run: Run, change: (scores: NonNullable<Run['ledger'][0]['result']>['scores']) => unknown): Run {
  const [first, ...rest] = run.ledger;
  const result = { ...first!.result!, scores: change(first!.result!.scores) as never };
  return { ...run, ledger: [{ ...first!, result }, ...rest] };
}
