/** @file The lifecycle of a cell: trained or given weights, a failure that may be run again, draws that are added later. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../harness/core/clock.ts';
import { DataError, DivergenceError, exitCodes, type ExitCode } from '../../../harness/core/errors.ts';
import { sha256OfFile } from '../../../harness/system/files/file-hash.ts';
import { openShapes, shapesContentHash } from '../../../harness/data/shapes.ts';
import type { Engine } from '../../../harness/engine/load.ts';
import { scorerWith } from '../../../harness/evaluate/open.ts';
import type { OpenScorer } from '../../../harness/evaluate/scorer.ts';
import { noiseLevels } from '../../../harness/method/levels.ts';
import { writePlan } from '../../../harness/plan/plan-file.ts';
import { resolvePlan } from '../../../harness/plan/resolve.ts';
import type { GivenWeights, Plan } from '../../../harness/plan/types.ts';
import type { Scale } from '../../../harness/recipe/scale.ts';
import { readRedraws, withRedraws } from '../../../harness/results/redraws.ts';
import type { Result } from '../../../harness/results/schema.ts';
import { readOutcome, readResult } from '../../../harness/results/store.ts';
import type { Ranks } from '../../../harness/ranks/join.ts';
import { alone } from '../../../harness/ranks/team.ts';
import type { CellOptions } from '../../../harness/run/cell/cell-options.ts';
import { runCell } from '../../../harness/run/cell/cell.ts';
import { openCell } from '../../../harness/run/cell/open-cell.ts';
import { silence } from '../../../harness/system/progress.ts';
import * as cifar10 from '../../../recipes/cifar10.ts';
import { planOf } from '../../plan/fixtures.ts';
import { engineForTests } from '../../engine/engine-fixture.ts';
import { tinyPlan } from '../../journeys/tiny-run.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await engineForTests();
});

const folderOf = (plan: Plan): string => {
  const folder = join(mkdtempSync(join(tmpdir(), 'cell-')), 'cell');
  mkdirSync(folder);
  writePlan(join(folder, 'plan.json'), plan);
  return folder;
};

const optionsOf = (folder: string): CellOptions => ({
  folder,
  engine,
  openSource: () => Promise.resolve(openShapes()),
  openScorer: scorerWith({}),
  clock: systemClock,
  output: silence,
  stopRequested: () => false,
  root: process.cwd(),
  command: 'npm run reproduce shapes',
});

const run = (folder: string, options: Partial<CellOptions> = {}): Promise<Result> =>
  runCell({ ...optionsOf(folder), ...options });

/** The plan with other samples at the end, or for weights that are given. */
const changed = ({ recipe, scale, seed, engine: settings }: Plan, change: Partial<Scale>, weights?: GivenWeights) =>
  resolvePlan({ recipe, scale: { ...scale, ...change }, seed, engine: settings, ...(weights && { weights }) });

const small = { sampleImages: 16, curveImages: 8 };
const values = ({ scores }: Result) => scores.map(({ nfe, value, redraws }) => [nfe, value, ...redraws]);

describe('a cell', () => {
  it('is scored on levels of its own grid, and again the same from the weights that it keeps', async () => {
    const plan = changed(tinyPlan(), small);
    const folder = folderOf(plan);
    const result = await run(folder);
    const [level] = [...noiseLevels(21, plan.recipe.levels)].slice(8, 9);
    expect(result.secondLevel).toEqual({ kind: 'projected', published: 0.821, used: level, index: 8, N: 21 });
    expect(result.scores.map(({ sigmas }) => sigmas)).toEqual([[80], [80], [80, level], [80, level]]);
    expect(result.curves.map(({ sigmas }) => sigmas)).toEqual([[80], [80, level]]);
    const waits = result.throughput.map(({ what, waitingShare }) => [what, typeof waitingShare]);
    expect(waits).toEqual([
      ['train', 'number'],
      ['sample', 'undefined'],
      ['sample', 'undefined'],
    ]);
    expect(result.warnings).toContainEqual({ kind: 'projected-level', published: 0.821, used: level, index: 8, N: 21 });

    const moments = result.files.filter(({ kind }) => kind === 'moment');
    expect(moments).toMatchObject([{ path: 'moments/step-3.png', step: 3, nfe: 1, images: 8 }]);
    expect(readFileSync(join(folder, 'moments/step-3.png')).subarray(1, 4).toString()).toBe('PNG');

    const path = join(folder, 'weights.safetensors');
    const given = { file: 'weights.safetensors', sha256: await sha256OfFile(path), part: 'sampling-ema' } as const;
    const again = await run(folderOf(changed(plan, { draws: 3 }, { ...given, gridLevels: 21 })), { weights: path });
    expect(again.scores.map(({ value }) => value)).toEqual(result.scores.map(({ value }) => value));
    expect(again.scores.map(({ sigmas }) => sigmas)).toEqual([[80], [80], [80, level], [80, level]]);
    expect(again.progress).toEqual({ steps: 0, images: 0 });
    // Three draws in the plan are the registered one and those that are added one by one.
    await run(folder, { redraws: 2 });
    expect(values(withRedraws(result, readRedraws(folder, result)))).toEqual(values(again));
    expect(new Set(values(again)[0]).size).toBe(4);
    expect(again.streams.map(({ stream }) => stream)).toEqual(
      ['', '-1', '-2'].flatMap((draw) => [`sample-latent${draw}`, `sample-noise${draw}`]),
    );

    const before = readdirSync(join(folder, 'redraws')).map((name) =>
      readFileSync(join(folder, 'redraws', name), 'utf8'),
    );
    const lines: string[] = [];
    await run(folder, { redraws: 2, output: { isTerminal: false, write: (line) => lines.push(line) } });
    expect(lines.join('')).toBe('shapes-ict seed 0: done before, nothing to do\n');
    expect(before).toHaveLength(2);
    expect(readResult(folder)).toEqual(result);

    const contentHash = 'f'.repeat(64);
    const others = { redraws: 3, openSource: () => Promise.resolve({ ...openShapes(), contentHash }) };
    await expect(run(folder, others)).rejects.toThrow(
      `${path}: got training on images with sha256 ${shapesContentHash}, expected sha256 ${contentHash}, that of the images at hand.`,
    );

    rmSync(path);
    const told: unknown[] = [];
    const ranks = { team: { ...alone, tell: (value: unknown) => told.push(value) } } as unknown as Ranks;
    await expect(run(folder, { redraws: 3, ranks })).rejects.toThrow(
      `${path}: got no file, expected the weights of the cell, which further draws are sampled from. Bring the file back, or train the cell again in a run with another --name and the same --redraws.`,
    );
    // Whatever ends the draws: other ranks must not wait for more of them.
    expect(told).toEqual([{ end: true }]);
  });

  it('that fails says why, and is run again to a result that replaces the record', async () => {
    const folder = folderOf(changed(tinyPlan(), small));
    const failing: OpenScorer = async (request) => {
      const scoring = await scorerWith({})(request);
      if (scoring.kind === 'missing') return scoring;
      const scoreFully = (): never => {
        throw new Error(`the device was lost in ${folder}\nat a place`);
      };
      return { kind: 'open', scorer: { ...scoring.scorer, scoreFully } };
    };
    await expect(run(folder, { openScorer: failing })).rejects.toThrow('the device was lost');
    expect(readResult(folder)).toBeNull();
    expect(readOutcome(folder)).toMatchObject({
      status: 'failed',
      failure: { step: 6, message: 'the device was lost in cell', exitCode: 1 },
      progress: { steps: 6, images: 48 },
      scores: [],
    });
    const result = await run(folder);
    expect(result.status).toBe('done');
    expect(existsSync(join(folder, 'failure.json'))).toBe(false);
    expect(readOutcome(folder)).toEqual(result);
  });

  it('leaves no record of input that a person must mend', async () => {
    const folder = folderOf(changed(tinyPlan(), small));
    const fault = { where: 'data', got: 'nothing', expected: 'images', remedy: 'Give some' };
    const closed: string[] = [];
    const openSource = () => Promise.resolve({ ...openShapes(), close: () => closed.push('source') });
    const openScorer = () => Promise.reject(new DataError(fault));
    await expect(run(folder, { openSource, openScorer })).rejects.toThrow(DataError);
    expect(readdirSync(folder)).toEqual(['plan.json']);
    expect(closed).toEqual(['source']);
  });

  it('of given weights of CIFAR-10 goes on without training images that cannot be fetched, and says what is missing', async () => {
    const given = { file: 'a.msgpack', sha256: '0'.repeat(64), part: 'sampling-ema' } as const;
    const folder = folderOf(planOf({ recipe: cifar10.ict, weights: given }));
    const fault = { where: 'cifar-10-binary.tar.gz', got: 'no network', expected: 'the archive', remedy: 'Fetch it' };
    const missing = { kind: 'metric-missing', metric: 'FID', why: 'no graph' } as const;
    const open = (exitCode: ExitCode) =>
      openCell(
        {
          ...optionsOf(folder),
          openSource: () => Promise.reject(new DataError(fault, { exitCode })),
          openScorer: () => Promise.resolve({ kind: 'missing', warning: missing }),
        },
        planOf({ recipe: cifar10.ict, weights: given }),
      );
    using cell = await open(exitCodes.transient);
    expect(cell.source).toBeNull();
    expect(cell.warnings).toEqual([
      missing,
      {
        kind: 'metric-missing',
        metric: 'all that is compared with training images, and the floor of real ones',
        why: new DataError(fault).message,
      },
    ]);
    await expect(open(exitCodes.badInput)).rejects.toThrow('no network');
  });

  it('that diverges has that as its result', async () => {
    const folder = folderOf(changed(tinyPlan({ learningRate: 1e30 }), small));
    await expect(run(folder)).rejects.toThrow(DivergenceError);
    expect(readResult(folder)).toMatchObject({ status: 'diverged', failure: { exitCode: 70 }, scores: [] });
    expect(await run(folder, { redraws: 2 })).toMatchObject({ status: 'diverged' });
  });
});
