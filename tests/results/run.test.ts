/** @file A run and its denominator: registered once, read back whole, nothing lost. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { resolvePlan } from '../../harness/plan/resolve.ts';
import type { Plan } from '../../harness/plan/types.ts';
import { standardJudgement } from '../../harness/results/judgement.ts';
import { readRegistration, registerRun } from '../../harness/results/registration.ts';
import { countCells, doneResults, readRun } from '../../harness/results/run.ts';
import { fixtureCt, fixtureIct, fixtureScale } from '../report/fixture/recipes.ts';
import { writeFixtureRun } from '../report/fixture/run.ts';

let folder: string;

beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'run-')), 'shapes-twin');
});

describe('registerRun', () => {
  it('registers the cross of recipes and seeds under the name of the folder', () => {
    const registration = registerRun(folder, { plans: plansOf([0, 1]), command: 'npm run reproduce shapes' });
    expect(registration).toMatchObject({ name: 'shapes-twin', dataset: 'shapes', scale: 'twin', seeds: [0, 1] });
    expect(registration.recipes.map(({ id }) => id)).toEqual(['shapes-ct', 'shapes-ict']);
    expect(registration.cells).toHaveLength(4);
    expect(readRegistration(folder)).toEqual(registration);
  });

  it('finds the same registration again without rewriting it', () => {
    const first = registerRun(folder, { plans: plansOf([0]), command: 'a' });
    expect(registerRun(folder, { plans: plansOf([0]), command: 'b' })).toEqual(first);
  });

  it('may be changed before the first cell has begun', () => {
    registerRun(folder, { plans: plansOf([0]), command: 'a' });
    expect(registerRun(folder, { plans: plansOf([0, 1]), command: 'a' }).amendments).toEqual([]);
  });

  it('is refused when it would change a run that has begun', () => {
    writeFixtureRun(folder, { seeds: [0], gridImages: 8 });
    const path = join(folder, 'registration.json');
    expect(() => registerRun(folder, { plans: plansOf([0, 1]), command: 'a' })).toThrow(
      `${path}: got shapes-ct, shapes-ict with seeds 0, 1 instead of shapes-ct, shapes-ict with seeds 0 after the run had begun, expected the cells and thresholds that were registered before the first step. Run it under another name, or give the reason with --amend "<why>": the report will print it.`,
    );
    const judgement = { ...standardJudgement, relativeMargin: 0.5 };
    expect(() => registerRun(folder, { plans: plansOf([0]), command: 'a', judgement })).toThrow('got other thresholds');
  });

  it('keeps the images that are trained on, and refuses others once the run has begun', () => {
    const request = { plans: plansOf([0]), command: 'a' };
    const dataOf = (digit: string) => ({ contentSha256: digit.repeat(64), origin: `archive ${digit}` });
    registerRun(folder, { ...request, data: dataOf('a') });
    const { data } = registerRun(folder, { ...request, data: dataOf('b') });
    expect(data).toEqual(dataOf('b'));
    mkdirSync(join(folder, 'shapes-ct-seed0'));
    expect(registerRun(folder, { ...request, data: { ...dataOf('b'), origin: 'its copy' } })).toEqual(
      readRegistration(folder),
    );
    expect(() => registerRun(folder, { ...request, data: dataOf('c'), amend: 'better images' })).toThrow(
      `${join(folder, 'registration.json')}: got images with sha256 ${'c'.repeat(64)} (archive c), expected sha256 ${'b'.repeat(64)} (archive b), with which the run began. Name that data with --data, or give the run with these a name of its own with --name.`,
    );
    expect(readRegistration(folder).data).toEqual(dataOf('b'));
  });

  it('goes on with a run that began before images were registered', () => {
    const request = { plans: plansOf([0]), command: 'a' };
    const before = registerRun(folder, request);
    mkdirSync(join(folder, 'shapes-ct-seed0'));
    const data = { contentSha256: 'a'.repeat(64), origin: 'archive' };
    expect(registerRun(folder, { ...request, data })).toEqual(before);
  });

  it('keeps the reason of an amendment and what was registered before', () => {
    writeFixtureRun(folder, { seeds: [0], gridImages: 8 });
    const amend = 'two more seeds, after a look at the first';
    const { amendments } = registerRun(folder, { plans: plansOf([0, 1, 2]), command: 'a', amend });
    expect(amendments).toMatchObject([{ why: amend, seeds: [0] }]);
  });

  it('refuses plans that are no cross', () => {
    const plans = plansOf([0, 1]).slice(0, 3);
    expect(() => registerRun(folder, { plans, command: 'a' })).toThrow(
      'got 3 plans of 2 recipes and 2 seeds, expected one plan for each recipe and seed, all of one data set and one scale.',
    );
  });

  it('refuses thresholds by which one seed would be enough', () => {
    registerRun(folder, {
      plans: plansOf([0]),
      command: 'a',
      judgement: { ...standardJudgement, minimumSeeds: 1 },
    });
    expect(() => readRegistration(folder)).toThrow('must be at least 2: one seed never yields a verdict');
  });
});

describe('readRun', () => {
  it('counts every planned cell, whatever became of it', () => {
    const run = writeFixtureRun(folder, {
      gridImages: 8,
      spoiled: { 'shapes-ct-seed1': 'diverged', 'shapes-ict-seed0': 'failed', 'shapes-ict-seed2': 'missing' },
    });
    expect(countCells(run.ledger)).toEqual({ planned: 6, done: 3, diverged: 1, failed: 1, missing: 1 });
    expect(doneResults(run, 'shapes-ct').map(({ seed }) => seed)).toEqual([0, 2]);
  });

  it('refuses a folder that holds no run', () => {
    expect(() => readRun(folder)).toThrow(
      `${join(folder, 'registration.json')}: got no file, expected the registration of a run. Name a folder below runs/ or reports/ that a run has written.`,
    );
  });

  it('refuses a registration that was edited', () => {
    writeFixtureRun(folder, { seeds: [0], gridImages: 8 });
    const path = join(folder, 'registration.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace('"relativeMargin": 0.05', '"relativeMargin": 0.5'));
    expect(() => readRun(folder)).toThrow(`${path}: got content that was changed after it was written`);
  });

  it('refuses a result of another plan than the registered one', () => {
    writeFixtureRun(folder, { seeds: [0], gridImages: 8 });
    rmSync(join(folder, 'registration.json'));
    registerRun(folder, { plans: plansOf([0], { steps: 2_000 }), command: 'a' });
    expect(() => readRun(folder)).toThrow('which was registered for this cell');
  });
});

function plansOf(seeds: readonly number[], changes: { readonly steps?: number } = {}): Plan[] {
  return seeds.flatMap((seed) =>
    [fixtureCt, fixtureIct].map((recipe) =>
      resolvePlan({
        recipe,
        scale: { ...fixtureScale, ...changes },
        seed,
        engine: {
          device: 'cpu',
          mode: 'compiled',
          precision: 'float32',
          xla: false,
          tf32: false,
          deterministic: true,
          microBatchImages: 64,
          recompute: false,
        },
      }),
    ),
  );
}
