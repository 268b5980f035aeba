/** @file Weights that the repository keeps: copied whole, found out when they were changed, refused where the recipe has moved on. */
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { commitWeights, committedWeights, misfitOf } from '../../harness/results/origin/committed-weights.ts';
import type { Run } from '../../harness/results/run.ts';
import { mainRecipes } from '../../recipes/index.ts';
import { chooseCommitted } from '../../harness/run/committed.ts';
import { newFolder, runWithWeights } from '../report/fixture/committed.ts';
import { fixtureCt } from '../report/fixture/recipes.ts';
import { writeFixtureRun } from '../report/fixture/run.ts';

let run: Run;
let target: string;

beforeEach(() => {
  run = runWithWeights();
  target = join(newFolder(), 'weights');
});

describe('committed weights', () => {
  it('are those of one seed of every recipe, each with its sealed result and grids', () => {
    const folders = commitWeights(run, 0, target);
    expect(folders.map((folder) => basename(folder))).toEqual(['shapes-ct-seed0', 'shapes-ict-seed0']);
    expect(readdirSync(folders[0]!)).toEqual(['result.json', 'samples', 'weights.json', 'weights.safetensors']);
    const all = committedWeights(target);
    expect(all.map(({ result }) => [result.recipe.id, result.seed])).toEqual([
      ['shapes-ct', 0],
      ['shapes-ict', 0],
    ]);
    expect(all[0]!.result.contentSha256).toBe(run.ledger[0]!.result!.contentSha256);
    const weights = readFileSync(join(run.folder, 'shapes-ct-seed0', 'weights.safetensors'));
    expect(readFileSync(all[0]!.path).equals(weights)).toBe(true);
    commitWeights(run, 0, target);
    expect(committedWeights(target)).toEqual(all);
  });

  it('are none where there is no folder', () => {
    expect(committedWeights(target)).toEqual([]);
  });

  it.each([
    ['weights.safetensors', /weights\.safetensors: got content with sha256 [0-9a-f]{64}, expected sha256/],
    ['result.json', /result\.json: got content that was changed after it was written/],
    ['weights.json', /weights\.json: got content that was changed after it was written/],
  ])('are found out when %s was edited', (name, message) => {
    const [folder] = commitWeights(run, 0, target);
    const path = join(folder!, name);
    const bytes = readFileSync(path);
    const text = bytes.toString('latin1');
    // A digit of a number, so that the file keeps its form.
    const at = name.endsWith('json') ? text.search(/\d/) : bytes.length - 1;
    bytes[at] = bytes[at] === 0x32 ? 0x33 : 0x32;
    if (name === 'weights.json') writeFileSync(path, text.replace(/"bytes": \d+/, '"bytes": 7'));
    else if (name === 'result.json') writeFileSync(path, text.replace(/"trainSeconds": [\d.]+/, '"trainSeconds": 7'));
    else writeFileSync(path, bytes);
    expect(() => committedWeights(target)).toThrow(message);
  });

  it('are not taken from a cell that has none, did not finish, or from a seed that was not planned', () => {
    expect(() => commitWeights(run, 7, target)).toThrow(
      `${run.folder}: got no seed 7, expected one of its seeds, 0, 1. Name one of them.`,
    );
    rmSync(join(run.folder, 'shapes-ict-seed0', 'weights.safetensors'));
    expect(() => commitWeights(run, 0, target)).toThrow(/weights\.safetensors: got no file, expected the weights of/);
    const spoiled = writeFixtureRun(join(newFolder(), 'run'), {
      gridImages: 8,
      spoiled: { 'shapes-ct-seed0': 'diverged' },
    });
    expect(() => commitWeights(spoiled, 0, target)).toThrow(/shapes-ct-seed0: got diverged, expected a cell that is/);
    expect(committedWeights(target)).toEqual([]);
  });

  it('fit a recipe until its version or a number changes; its texts do not matter', () => {
    commitWeights(run, 0, target);
    const [ct] = committedWeights(target);
    expect(misfitOf(ct!, { ...fixtureCt, source: 'another text', deviations: [] })).toBeNull();
    expect(misfitOf(ct!, { ...fixtureCt, version: 4 })).toMatch(
      /shapes-ct-seed0: got weights of shapes-ct, version 3, expected version 4 as it is now\. Train it again at scale .* --weights 0\.$/,
    );
    const other = { ...fixtureCt, tuning: { ...fixtureCt.tuning, learningRate: 1 } };
    expect(misfitOf(ct!, other)).toContain('version 3 with other numbers, expected version 3 as it is now');
  });
});

it('the weights that this repository keeps fit its recipes, and are of one scale and seed', () => {
  const folder = join(import.meta.dirname, '../../reports/weights');
  const { refused, plans } = chooseCommitted(folder, mainRecipes.shapes, 'cpu');
  expect(refused).toEqual([]);
  expect(plans.map(({ recipe }) => recipe.id)).toEqual(['shapes-ct', 'shapes-ict']);
  expect(new Set(plans.map(({ scale, seed }) => `${scale.id} ${seed}`)).size).toBe(1);
});
