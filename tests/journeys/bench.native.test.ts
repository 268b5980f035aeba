/** @file `npm run bench` as a person runs it: a real measurement of the smallest network, and mistakes in one line. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { benchmarkCsv } from '../../harness/report/tables/benchmark.ts';
import { benchmarkFileName, readBenchmark } from '../../harness/results/benchmark/benchmark.ts';

const root = resolve(import.meta.dirname, '../..');

function bench(args: readonly string[], env: Record<string, string> = {}) {
  const script = join(root, 'scripts', 'bench', 'bench.ts');
  return execa(process.execPath, ['--import', import.meta.resolve('tsx'), script, ...args], {
    cwd: root,
    env,
    reject: false,
  });
}

describe('bench profile', () => {
  it('shares the time of all operations of a step among kinds, parts, and blocks of the network', async () => {
    const out = mkdtempSync(join(tmpdir(), 'bench-profile-'));
    const args = [
      'profile',
      '--size',
      'twin',
      '--device',
      'cpu',
      '--runs',
      '1',
      '--threads',
      '1',
      '--json',
      '--out',
      out,
    ];
    const { stdout, exitCode } = await bench(args);
    expect(exitCode).toBe(0);
    interface Row {
      readonly what: string;
      readonly milliseconds: number;
      readonly share: number;
      readonly operations: number;
    }
    type Document = Record<'kinds' | 'parts' | 'blocks', Row[]> & {
      readonly stepMilliseconds: number;
      readonly operationMilliseconds: number;
    };
    const { kinds, parts, blocks, ...times } = JSON.parse(stdout) as Document;
    for (const rows of [kinds, parts]) {
      expect(rows.reduce((sum, { milliseconds }) => sum + milliseconds, 0)).toBeCloseTo(times.operationMilliseconds, 6);
      expect(rows.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
    }
    expect(kinds.filter(({ what }) => what.includes('Conv2D')).map(({ operations }) => operations > 10)).toContain(
      true,
    );
    const named = parts.map(({ what }) => what);
    expect(named.slice(0, 3)).toContain('gradient of student');
    expect(named).toEqual(expect.arrayContaining(['student', 'teacher', 'distance', 'noise', 'optimizer', 'averages']));
    expect(blocks.map(({ what }) => what)).toEqual(
      expect.arrayContaining(['ResnetBlockBigGANpp_0', 'AttnBlockpp_0', 'outside the blocks']),
    );
    // One thread runs one operation after the other.
    expect(times.stepMilliseconds).toBeGreaterThanOrEqual(0.99 * times.operationMilliseconds);
    const kept = JSON.parse(readFileSync(join(out, 'profile.json'), 'utf8')) as { command: string };
    expect(kept).toMatchObject({ command: `npm run bench -- ${args.join(' ')}`, kinds, parts, blocks });
  });
});

describe('bench step', () => {
  it('measures the step in a process of its own, keeps every duration, and makes few handles', async () => {
    const folder = join(mkdtempSync(join(tmpdir(), 'bench-')), 'twin');
    const args = ['step', '--size', 'twin', '--device', 'cpu', '--rounds', '2', '--only', 'float32', '--json'];
    const { stdout, exitCode } = await bench([...args, '--out', folder]);
    expect(exitCode).toBe(0);
    expect(readdirSync(folder).sort()).toEqual(['benchmark.csv', benchmarkFileName]);
    const benchmark = readBenchmark(join(folder, benchmarkFileName));
    const printed = JSON.parse(stdout) as typeof benchmark;
    expect(printed).toMatchObject(benchmark);
    expect(readFileSync(join(folder, 'benchmark.csv'), 'utf8')).toBe(benchmarkCsv(benchmark));
    expect(benchmark).toMatchObject({ what: 'step', size: 'twin', parameters: 262_243, skipped: [] });
    const [subject, ...others] = benchmark.subjects;
    expect(others).toEqual([]);
    expect(subject).toMatchObject({ name: 'compiled float32', own: true, images: 64, check: null });
    expect(subject!.rounds).toHaveLength(2);
    expect(benchmark.convolutionFlopsPerSecond).toHaveLength(2);
    expect(subject!.handlesPerIteration).toBeLessThanOrEqual(10);
    expect(subject!.peakResidentBytes).toBeGreaterThan(100e6);
    expect(benchmark.provenance.commands[0]!.line).toMatch(/^npm run bench -- step --size twin --device cpu/);
  });

  it.each<[string, string[], string]>([
    [
      'an unknown size',
      ['step', '--size', 'smal'],
      "npm run bench -- step: got option '--size <name>' argument 'smal' is invalid. Allowed choices are small, full, twin, expected",
    ],
    [
      'no rounds',
      ['sample', '--rounds', '0'],
      "npm run bench -- sample: got option '--rounds <number>' argument '0' is invalid, expected a whole number from 1 on, expected",
    ],
    ['an unknown command', ['stpe'], 'npm run bench: got "stpe", expected a known command. Did you mean "step".'],
    [
      'peers of what has none',
      ['features', '--peers'],
      'npm run bench -- features: got "--peers", expected a known option.',
    ],
  ])('%s is one line and exit code 65', async (_, args, line) => {
    const { stderr, exitCode } = await bench(args);
    expect(exitCode).toBe(65);
    expect(stderr.split('\n')).toHaveLength(1);
    expect(stderr).toContain(line);
  });

  it('without their environment the peers are not measured: the command that makes it is named', async () => {
    const { stderr, exitCode } = await bench(['step', '--size', 'twin', '--device', 'cpu', '--peers'], {
      CONSISTENCY_CACHE: mkdtempSync(join(tmpdir(), 'bench-cache-')),
    });
    expect(exitCode).toBe(65);
    expect(stderr).toMatch(/^--peers: got no Python environment in .*`npm run bench -- peers install`[^\n]*$/);
  });

  it('refuses a folder that cannot be written before anything is measured', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'bench-')), 'file');
    writeFileSync(file, '');
    const { stderr, exitCode } = await bench(['step', '--size', 'twin', '--device', 'cpu', '--out', join(file, 'x')]);
    expect(exitCode).toBe(65);
    expect(stderr).toMatch(
      /^[^\n]*file\/x\/benchmark\.json: got a path through [^\n]*\/file, which is no folder, expected a file to write[^\n]*$/,
    );
  });

  it('stopped half-way leaves neither processes nor files', async () => {
    const temporary = mkdtempSync(join(tmpdir(), 'bench-stopped-'));
    const child = bench(['step', '--size', 'twin', '--device', 'cpu', '--rounds', '1000'], { TMPDIR: temporary });
    await until(() => readdirSync(temporary).some((name) => existsSync(join(temporary, name, 'inputs.safetensors'))));
    const children = readFileSync(`/proc/${child.pid!}/task/${child.pid!}/children`, 'utf8').trim().split(' ');
    child.kill('SIGTERM');
    expect((await child).exitCode).toBe(130);
    expect(readdirSync(temporary).filter((name) => name.startsWith('consistency-bench-'))).toEqual([]);
    await until(() => children.every((pid) => !existsSync(`/proc/${pid}`)));
  });
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 50));
}
