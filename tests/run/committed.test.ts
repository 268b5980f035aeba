/** @file Committed weights beside a run: which are sampled, by which plans, and what is said of the others. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readSampledHere } from '../../harness/results/origin/sampled-here.ts';
import { chooseCommitted, committedLines } from '../../harness/run/committed.ts';
import { committedFolder, newFolder, sampledRun } from '../report/fixture/committed.ts';
import { fixtureCt, fixtureIct } from '../report/fixture/recipes.ts';

it('plans each at the scale, seed and last grid of its own training, as exactly as the device computes', () => {
  const { plans, absent, refused } = chooseCommitted(committedFolder(), [fixtureCt, fixtureIct], 'gpu');
  expect([absent, refused]).toEqual([[], []]);
  expect(plans.map(({ recipe, seed, scale }) => [recipe.id, seed, scale.id])).toEqual([
    ['shapes-ct', 0, 'twin'],
    ['shapes-ict', 0, 'twin'],
  ]);
  expect(plans[0]!.engine).toMatchObject({ device: 'gpu', tf32: false });
  expect(plans[0]!.weights).toMatchObject({ file: 'weights.safetensors', gridLevels: plans[0]!.asRun.s1 + 1 });
});

it('names a recipe without weights, and refuses by name weights of a recipe that has moved on', async () => {
  const choice = chooseCommitted(committedFolder([fixtureIct]), [fixtureCt, { ...fixtureIct, version: 9 }], 'cpu');
  expect(choice.plans).toEqual([]);
  expect(committedLines(choice)).toEqual([
    'No weights of shapes-ct are committed: the report shows of them what a few steps give.',
    expect.stringContaining('got weights of shapes-ict, version 2, expected version 9 as it is now'),
  ]);
  const run = await sampledRun(choice);
  const here = readSampledHere(run.folder)!;
  expect(here).toMatchObject({ absent: ['shapes-ct'], run: null, cells: [] });
  expect(here.refused).toHaveLength(1);
});

it('samples them in a run of its own inside the folder, beside a copy of what is committed without its weights', async () => {
  const run = await sampledRun();
  const { cells } = readSampledHere(run.folder)!;
  expect(cells.map(({ row, committed }) => [row.cell, row.state, committed.progress.steps > 0])).toEqual([
    ['shapes-ct-seed0', 'done', true],
    ['shapes-ict-seed0', 'done', true],
  ]);
  expect(existsSync(join(run.folder, cells[0]!.committedFolder, 'weights.safetensors'))).toBe(false);
});

it('is no part of a run that was not to sample any', () => {
  expect(readSampledHere(newFolder())).toBeNull();
});
