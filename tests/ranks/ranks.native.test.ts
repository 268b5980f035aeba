/** @file Ranks as processes: the same bits by any number of them, and one end for all when one is lost. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';
import { readSafetensors, toFloat32 } from '../../harness/formats/safetensors.ts';
import { launchRanks, type LaunchEnd } from '../../harness/ranks/launch.ts';
import { writePlan } from '../../harness/plan/plan-file.ts';
import { resolvePlan } from '../../harness/plan/resolve.ts';
import type { EngineSettings } from '../../harness/plan/types.ts';
import { readRedraws } from '../../harness/results/redraws.ts';
import { readResult } from '../../harness/results/store.ts';
import { namesIn } from '../../harness/system/files/files.ts';
import { silence } from '../../harness/system/progress.ts';
import { engineForTests } from '../engine/engine-fixture.ts';
import { tinyPlan } from '../journeys/tiny-run.ts';
import type { Misbehaviour } from './processes/trainer.ts';

const root = resolve(import.meta.dirname, '../..');

beforeAll(async () => {
  await engineForTests();
});

describe('npm run verify -- ranks', () => {
  // CT has a teacher that moves with the weights; iCT draws masks of dropout.
  it.each(['cifar10-ct', 'cifar10-ict'])(
    '%s: 1, 2 and 4 ranks, and 2 then 1 then 4, end with the same bits',
    async (recipe) => {
      const { exitCode, stdout } = await execa(
        process.execPath,
        ['harness/cli/start.mjs', 'verify/verify', 'ranks', '--recipe', recipe, '--json'],
        { cwd: root, reject: false },
      );
      const proof = JSON.parse(stdout) as {
        readonly hashes: object;
        readonly comparisons: readonly { readonly what: string }[];
      };
      expect(proof.comparisons).toEqual([
        { what: '2 ranks', difference: null },
        { what: '4 ranks', difference: null },
        { what: '2, then 1, then 4 ranks', difference: null },
      ]);
      const parts = ['parameters', 'firstMoment', 'secondMoment', 'samplingEma'];
      expect(Object.keys(proof.hashes)).toEqual(recipe === 'cifar10-ct' ? [...parts, 'teacher'] : parts);
      expect(exitCode).toBe(0);
    },
  );
});

describe('--reduction fast', () => {
  it('adds in another order, and ends near the ordered sum', async () => {
    const train = async (ranks: number, engine: Partial<EngineSettings>): Promise<Float32Array> => {
      const folder = mkdtempSync(join(tmpdir(), 'ranks-fast-'));
      writePlan(join(folder, 'plan.json'), tinyPlan({ engine: { microBatchImages: 2, ...engine } }));
      const logOf = (rank: number) => join(folder, `rank-${rank}.log`);
      const { exitCode } = await launchRanks({
        command: ['node', join(root, 'harness/cli/start.mjs'), 'verify/rank', folder, '--ranks', String(ranks)],
        ranks,
        environment: process.env,
        logOf,
        output: silence,
        onSignal: () => () => undefined,
      });
      expect(exitCode, readFileSync(logOf(0), 'utf8')).toBe(0);
      const checkpoints = join(folder, 'checkpoints');
      const { tensors } = readSafetensors(join(checkpoints, namesIn(checkpoints).at(-1)!));
      const parts = [...tensors].filter(([name]) => name.startsWith('parameters'));
      return Float32Array.from(parts.flatMap(([, tensor]) => [...toFloat32(tensor)]));
    };
    const [ordered, fast] = await Promise.all([train(4, {}), train(4, { reduction: 'fast', ranks: 4 })]);
    expect(fast).not.toEqual(ordered);
    const apart = Math.hypot(...fast.map((value, i) => value - ordered[i]!)) / Math.hypot(...ordered);
    expect(apart).toBeLessThan(1e-4);
  });
});

interface Outcome {
  readonly end: LaunchEnd;
  /** Milliseconds from the second step to the end of all. */
  readonly tookMs: number;
  readonly logs: readonly string[];
  readonly said: string;
  readonly folder: string;
}

async function misbehave(misbehaviour: Misbehaviour): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'ranks-'));
  const plan = tinyPlan({ recipe: 'shapes-ict', steps: 400, engine: { microBatchImages: 4 } });
  writePlan(join(folder, 'plan.json'), plan);
  let said = '';
  let since = performance.now();
  const logOf = (rank: number) => join(folder, `rank-${rank}.log`);
  const end = await launchRanks({
    command: [
      process.execPath,
      join(root, 'harness/cli/start.mjs'),
      '../tests/ranks/processes/trainer',
      folder,
      JSON.stringify(misbehaviour),
    ],
    ranks: 2,
    environment: process.env,
    logOf,
    output: {
      isTerminal: false,
      write: (line) => {
        said += line;
        if (line.includes('two steps')) since = performance.now();
      },
    },
    onSignal: () => () => undefined,
  });
  const logs = [0, 1].map((rank) => readFileSync(logOf(rank), 'utf8'));
  return { end, tookMs: performance.now() - since, logs, said, folder };
}

describe('npm run cell -- --ranks', () => {
  it('ends with the result of one process of as many threads, and says by how many ranks', async () => {
    const tiny = tinyPlan({ recipe: 'shapes-ct', steps: 4, engine: { microBatchImages: 2 } });
    // More than a batch of the sampler, so that both ranks draw.
    const scale = { ...tiny.scale, sampleImages: 300, curveImages: 16, curvePoints: 2 };
    const plan = resolvePlan({ ...tiny, scale });
    const parent = mkdtempSync(join(tmpdir(), 'ranks-cell-'));
    const run = async (ranks: number) => {
      const folder = join(parent, String(ranks));
      writePlan(join(folder, 'plan.json'), plan);
      const options = ['--ranks', String(ranks), '--threads', '1', '--redraws', '1'];
      const { exitCode, stderr } = await execa('node', ['harness/cli/start.mjs', 'cell', folder, ...options], {
        cwd: root,
        reject: false,
      });
      expect(exitCode, stderr).toBe(0);
      return { stderr, result: readResult(folder)!, folder };
    };
    const [alone, shared] = await Promise.all([run(1), run(2)]);
    expect(shared.stderr).toContain('global batch 8 = 2 ranks x 2 images per pass x 2 passes');
    expect(shared.result.ranks).toBe(2);
    expect(alone.result.ranks).toBeUndefined();
    const values = ({ result }: typeof alone) => result.scores.map(({ value }) => value);
    expect(values(shared)).toEqual(values(alone));
    const samples = ({ result }: typeof alone) => result.files.map(({ path, sha256 }) => [path, sha256]);
    expect(samples(shared)).toEqual(samples(alone));
    expect(shared.result.loss).toEqual(alone.result.loss);
    const redrawn = ({ folder, result }: typeof alone) => readRedraws(folder, result).map(({ scores }) => scores);
    expect(redrawn(shared)).toHaveLength(1);
    expect(redrawn(shared)).toEqual(redrawn(alone));
    // Every second pass of 500 of the 10,000 reference images, by two networks, for the cell and again for the redraw.
    expect(readFileSync(join(shared.folder, 'ranks/rank-1.log'), 'utf8')).toMatch(
      /rank 1 \(.*\): extracted 20,000 rows of features for rank 0/,
    );
  });
});

describe('a rank', () => {
  it.each([0, 1])('%i that is killed ends the other, which names it', async (by) => {
    const { end, tookMs, logs, folder } = await misbehave({ what: 'SIGKILL', by });
    expect(end).toEqual({ exitCode: 75, rank: by, why: `rank ${by} killed by SIGKILL; the others were ended` });
    expect(logs[1 - by]).toMatch(
      new RegExp(`rank ${by}\\b.*(no sign of life|its connection ended).*they go on from the last checkpoint`),
    );
    expect(tookMs).toBeLessThan(15_000);
    // Nobody has come as far as a checkpoint.
    expect(namesIn(folder)).not.toContain('result.json');
  });

  it('that is stopped ends the others when their time is over', async () => {
    const { end, logs, tookMs } = await misbehave({ what: 'SIGSTOP', by: 1 });
    expect(end.rank).toBe(0);
    expect(end.exitCode).toBe(75);
    expect(logs[0]).toMatch(/rank (1|0).*(no sign of life|no part of some rank within 4 s)/);
    expect(tookMs).toBeLessThan(20_000);
  });

  it.each([0, 1])('%i that throws tells the other why', async (by) => {
    const { end, tookMs, logs } = await misbehave({ what: 'throw', by });
    expect(end.exitCode).not.toBe(0);
    expect(logs[by]).toContain('the disk is full');
    expect(logs[1 - by]).toMatch(/the disk is full|rank \d.*no sign of life/);
    expect(tookMs).toBeLessThan(15_000);
  });

  it('with another plan is refused by all before the first step', async () => {
    const { end, logs } = await misbehave({ what: 'other-plan', by: 1 });
    expect(end.exitCode).toBe(65);
    for (const log of logs)
      expect(log).toMatch(
        /rank 1 \(process \d+ on \S+\), before the first step: got plan f{16}, expected [0-9a-f]{16}, as rank 0/,
      );
    for (const log of logs) expect(log).not.toContain('two steps');
  });
});
