/** @file The main job as a person runs it: one command to a report, mistakes in one line, stopping and going on. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa, execaSync } from 'execa';
import { describe, expect, it } from 'vitest';
import { cacheFolder } from '../../harness/system/cache-folder.ts';
import { readRun } from '../../harness/results/run.ts';
import { readAttempts } from '../../harness/run/cell/attempts.ts';
import { readHeartbeat } from '../../harness/run/cell/heartbeat.ts';

const root = resolve(import.meta.dirname, '../..');

function reproduce(args: readonly string[], env: Record<string, string> = {}) {
  const script = join(root, 'scripts', 'reproduce.ts');
  return execa(process.execPath, ['--import', import.meta.resolve('tsx'), script, ...args], {
    cwd: root,
    env,
    reject: false,
    all: true,
  });
}

/** Takes hard links away from the processes of a run, as object stores that are mounted and exFAT do. */
function withoutHardLinks(folder: string): Record<string, string> {
  const library = join(folder, 'no-hard-links.so');
  const source = join(root, 'tests/system/processes/no-hard-links.c');
  execaSync('cc', ['-shared', '-fPIC', '-o', library, source]);
  return { LD_PRELOAD: library };
}

const runsFolder = () => mkdtempSync(join(tmpdir(), 'reproduce-'));

describe('reproduce shapes', () => {
  it('stopped by Ctrl-C exits with 85, says how to go on, and gives the same result when it goes on', async () => {
    const runs = runsFolder();
    const args = ['shapes', '--scale', 'smoke', '--device', 'cpu', '--recipes', 'ict', '--runs', runs, '--name'];
    const straight = await reproduce([...args, 'straight'], withoutHardLinks(runs));
    expect(straight.stdout).toMatch(/^Scale smoke: 1 cells on the cpu\./);
    expect(straight.stdout).toMatch(/1 of 1 cells done\. Report: .*straight\/report\.html$/);
    expect(straight.exitCode).toBe(0);

    const interrupted = reproduce([...args, 'stopped']);
    const cell = join(runs, 'stopped', 'shapes-ict-seed0');
    await until(() => existsSync(join(cell, 'events.jsonl')));
    interrupted.kill('SIGINT');
    const stopped = await interrupted;
    expect(stopped.exitCode).toBe(85);
    expect(stopped.all).toMatch(
      /Everything is kept; go on with: npm run reproduce shapes -- --scale smoke --device cpu/,
    );
    expect(existsSync(join(cell, 'result.json'))).toBe(false);
    expect(readdirSync(cell).filter((name) => name.includes('.tmp-'))).toEqual([]);

    const atOnce = await Promise.all([reproduce([...args, 'stopped']), reproduce([...args, 'stopped'])]);
    expect(atOnce.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    const following = /process \d+ on .* has been at work on this run since .*; following it, going on when it ends/;
    const [follower, ...others] = atOnce.filter(({ all }) => following.test(all));
    expect(others).toEqual([]);
    expect(follower!.all).toContain('shapes-ict seed 0: done before, nothing to do');
    for (const { stdout } of atOnce) expect(stdout).toMatch(/1 of 1 cells done\. Report: .*stopped\/report\.html$/);
    const weights = (name: string) => readFileSync(join(runs, name, 'shapes-ict-seed0', 'weights.safetensors'));
    expect(weights('stopped').equals(weights('straight'))).toBe(true);
    const [straightScores, resumedScores] = ['straight', 'stopped'].map(
      (name) => readRun(join(runs, name)).ledger[0]!.result!.scores,
    );
    expect(resumedScores).toEqual(straightScores);

    expect(readAttempts(cell).map((one) => (one.event === 'end' ? one.exitCode : one.event))).toEqual([
      ...['begin', 85],
      ...['begin', 0],
      ...['begin', 0],
    ]);
    expect(readHeartbeat(join(runs, 'straight', 'shapes-ict-seed0'))!.doing).toMatch(/^shapes-ict seed 0: .* images/);
    const log = readFileSync(join(cell, 'cell.log'), 'utf8');
    expect(log).toContain('SIGINT: finishing this step and writing a checkpoint\n');
    expect(log).not.toContain('\r');

    const refused = join(runs, 'stopped', 'shapes-ct-seed0');
    mkdirSync(refused);
    writeFileSync(join(refused, 'checkpoints'), 'no folder');
    rmSync(join(runs, 'stopped', 'report.html'));
    const both = args.map((word) => (word === 'ict' ? 'ct,ict' : word));
    const strict = await reproduce([...both, 'stopped', '--amend', 'beside CT', '--strict']);
    expect(strict.exitCode).toBe(65);
    const lines = strict.stderr.split('\n');
    const reason = lines.find((line) => line.startsWith(join(refused, 'checkpoints')))!;
    expect(lines.at(-1)).toContain(
      'stopped: got 1 of 2 planned cells finished, expected all of them, also shapes-ct-seed0 (failed, bad input: shapes-ct-seed0/checkpoints: got ',
    );
    expect(reason).toContain(
      strict.stderr.slice(strict.stderr.lastIndexOf('(failed, bad input: shapes-ct-seed0') + 35).split('). ')[0]!,
    );
    expect(existsSync(join(runs, 'stopped', 'report.html'))).toBe(false);

    const trained = join(runs, 'straight', 'shapes-ict-seed0', 'weights.safetensors');
    const scored = await reproduce(['shapes', '--device', 'cpu', '--weights', trained, '--runs', runs]);
    expect(scored.exitCode).toBe(0);
    const other = await reproduce(['shapes', '--weights', trained, '--recipes', 'ct', '--runs', runs]);
    expect(other.stderr).toBe(
      `${trained}: got weights of shapes-ict, expected those of shapes-ct, as --recipes says. ` +
        'Leave --recipes out, or name the recipe by which they were trained.',
    );
    expect(other.exitCode).toBe(65);
    const [name] = readdirSync(runs).filter((folder) => folder.startsWith('shapes-weights-'));
    const { recipeId, result } = readRun(join(runs, name!)).ledger[0]!;
    expect(recipeId).toBe('shapes-ict');
    expect(result!.scores).toEqual(straightScores);
    expect(result!.progress).toEqual({ steps: 0, images: 0 });
    expect(result!.warnings).toContainEqual(
      expect.objectContaining({ kind: 'given-weights', file: 'weights.safetensors' }),
    );
    expect(readFileSync(join(runs, name!, 'report.html'), 'utf8')).toContain(
      'Weights that were not trained here (weights.safetensors), sampled and scored',
    );
  });

  it('prints the plan and writes nothing with --dry-run', async () => {
    const runs = runsFolder();
    const { stdout, exitCode } = await reproduce(['shapes', '--device', 'cpu', '--runs', runs, '--dry-run']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('shapes-ct');
    expect(stdout).toContain('shapes-ict');
    expect(readdirSync(runs)).toEqual([]);
  });
});

describe('mistakes', () => {
  it.each([
    [['shape'], 'data set: got "shape", expected a data set. Did you mean "shapes".'],
    [
      ['shapes', '--recipes', 'ictt'],
      '--recipes: got "ictt", expected a recipe of shapes. Did you mean "ict" or "ct".',
    ],
    [['shapes', '--scale', 'twim'], '--scale: got "twim", expected a scale of shapes. Did you mean "twin".'],
    [
      ['shapes', '--weights', 'absent.safetensors'],
      'absent.safetensors: got no file of that name, expected a file of weights. Check the path.',
    ],
    [['shapes', '--seed', '1'], 'npm run reproduce: got "--seed", expected a known option. Did you mean "--seeds".'],
  ])('%j is one line with the remedy and exit code 65', async (args, message) => {
    const { stderr, exitCode } = await reproduce([...args, '--device', 'cpu']);
    expect(stderr).toBe(message);
    expect(exitCode).toBe(65);
  });

  it('a cache folder that cannot be made is named with the variable that moves it', async () => {
    const file = join(runsFolder(), 'file');
    writeFileSync(file, '');
    const blocked = join(file, 'cache');
    const { stderr, exitCode } = await reproduce(['shapes', '--device', 'cpu', '--runs', runsFolder()], {
      CONSISTENCY_CACHE: blocked,
    });
    expect(stderr).toBe(
      `${join(blocked, 'engine')}: got a path through ${file}, which is no folder, expected a folder to write into. Move that file away, or name another folder with CONSISTENCY_CACHE.`,
    );
    expect(exitCode).toBe(65);
  });

  it('CIFAR-10 without archive and network names file, size, hash, place and what needs nothing', async () => {
    const mirror = { CONSISTENCY_MIRROR: 'http://127.0.0.1:9/' };
    const args = ['cifar10', '--device', 'cpu', '--recipes', 'ict', '--runs', runsFolder()];
    const { all, exitCode } = await reproduce(args, mirror);
    expect(all).toContain('cifar-10-binary.tar.gz');
    expect(all).toContain('170,052,171');
    expect(all).toContain('c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd');
    expect(all).toContain(join(cacheFolder(), 'downloads', 'cifar-10-binary.tar.gz'));
    expect(all).toContain('npm run reproduce shapes');
    expect(exitCode).toBe(75);
  });
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 100));
}
