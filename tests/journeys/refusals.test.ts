/** @file What the commands refuse before their work: one line with the cause and the remedy, nothing written, nothing lost. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { beforeEach, describe, expect, it } from 'vitest';
import { writeReference } from '../../harness/metrics/reference/reference.ts';
import { writeFixtureRun } from '../report/fixture/run.ts';

const root = resolve(import.meta.dirname, '../..');
const cases = join(root, 'tests/fixtures/cases');
const images = join(cases, 'symlink-loop');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'refusals-'));
});

interface Refused {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(script: string, args: readonly string[], env: Record<string, string> = {}): Promise<Refused> {
  const command = ['--import', import.meta.resolve('tsx'), join(root, 'scripts', `${script}.ts`), ...args];
  const { exitCode, stdout, stderr } = await execa(process.execPath, command, { cwd: folder, env, reject: false });
  return { exitCode, stdout, stderr };
}

const refusal = (line: string): Refused => ({ exitCode: 65, stdout: '', stderr: line });

/** A reference of two features without images: its own file of statistics, and wide enough to be read. */
function reference(): string {
  const path = join(folder, 'reference.npz');
  const pool = { mean: Float64Array.of(0, 0), covariance: Float64Array.of(1, 0, 0, 1) };
  const provenance = {
    schema: 'consistency-harness/reference@1' as const,
    id: 'small',
    images: 3,
    height: 16,
    width: 16,
    imagesSha256: 'a'.repeat(64),
    extractor: 'other',
    extractorSha256: 'b'.repeat(64),
    resize: 'none',
    dtype: 'float32',
    batchImages: 2,
    device: 'cpu' as const,
    algebra: 'typescript' as const,
    software: 'tests',
  };
  writeReference(path, pool, null, provenance);
  return path;
}

describe('an output', () => {
  it('of a quick check is not put where plans look', async () => {
    expect(await run('engine', ['check', '--quick', '--out'])).toEqual(
      refusal(
        '--quick: got the folder of the committed checks to write into, expected a whole check there: plans take their rates and defaults from it. Leave --quick out, or name another folder with --out.',
      ),
    );
  });

  it('that is the input is refused, and the input is kept', async () => {
    const samples = join(folder, 'samples.npz');
    cpSync(join(cases, 'out-is-the-input', 'samples.npz'), samples);
    const before = readFileSync(samples);
    const args = ['reference', 'build', 'samples.npz', '--out', `${folder}/../${folder.split('/').at(-1)}/samples.npz`];
    const { exitCode, stderr } = await run('metrics', [...args, '--id', 'x']);
    expect(stderr).toMatch(
      /samples\.npz: got the same file as samples\.npz, expected another file than the input, which it would replace\. Name another file\.$/,
    );
    expect(exitCode).toBe(65);
    expect(readFileSync(samples).equals(before)).toBe(true);
    cpSync(join(cases, 'null-in-the-header', 'null.safetensors'), join(folder, 'w.safetensors'));
    expect(await run('import', ['w.safetensors', '--out', './w.safetensors'])).toEqual(
      refusal(
        './w.safetensors: got the same file as w.safetensors, expected another file than the input, which it would replace. Name another file.',
      ),
    );
  });

  it.each([
    ['metrics', ['reference', 'build', images, '--id', 'x', '--out', 'taken'], 'taken'],
    ['import', [join(cases, 'null-in-the-header', 'null.safetensors'), '--out', 'taken'], 'taken'],
    ['bench/bench', ['step', '--out', '.'], 'benchmark.json'],
    ['reproduce', ['shapes', '--device', 'cpu', '--runs', '.', '--name', 'run'], 'run/report.html'],
  ])('of %s that is a folder is refused before the work', async (script, args, taken) => {
    mkdirSync(join(folder, taken), { recursive: true });
    const { exitCode, stderr } = await run(script, args);
    expect(stderr).toBe(
      `${taken}: got a folder, expected the name of the file to write. Name a file in it, or move it away.`,
    );
    expect(exitCode).toBe(65);
    expect(readdirSync(join(folder, taken))).toEqual([]);
  });

  it('of a report that is a folder is refused, and the other file is not written either', async () => {
    writeFixtureRun(join(folder, 'run'), { gridImages: 8 });
    const csv = join(folder, 'run', 'results.csv');
    mkdirSync(csv);
    const { exitCode, stderr } = await run('report', ['run']);
    expect(stderr).toBe(
      `${csv}: got a folder, expected the name of the file to write. Name a file in it, or move it away.`,
    );
    expect(exitCode).toBe(65);
    expect(existsSync(join(folder, 'run', 'report.html'))).toBe(false);
  });
});

describe('an input', () => {
  it('that is a folder where statistics are wanted', async () => {
    expect(await run('metrics', ['score', images, '--reference', images])).toEqual(
      refusal(`${images}: got a folder, expected a ZIP archive. Name a file.`),
    );
  });

  it('with null in its header', async () => {
    const file = join(cases, 'null-in-the-header', 'null.safetensors');
    expect(await run('import', [file, '--out', join(folder, 'w.safetensors')])).toEqual(
      refusal(
        `${file}: got "b" described by null, expected an object that describes it. Fetch or write the file again.`,
      ),
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  it('that begins with a byte order mark is one line, whatever the parser quotes', async () => {
    writeFixtureRun(join(folder, 'run'), { gridImages: 8 });
    const path = join(folder, 'run', 'registration.json');
    writeFileSync(path, `\ufeff${readFileSync(path, 'utf8')}`);
    const { exitCode, stderr } = await run('report', ['run']);
    expect(stderr.split('\n')).toHaveLength(1);
    expect(stderr).toMatch(/registration\.json: got Unexpected token '\\ufeff'.*, expected JSON\. /);
    expect(exitCode).toBe(65);
  });

  it('a mirror that is a path is no passing failure', async () => {
    const env = { CONSISTENCY_CACHE: join(folder, 'cache'), CONSISTENCY_MIRROR: '/data/mirror' };
    const { exitCode, stderr } = await run('metrics', ['score', images, '--reference', reference()], env);
    expect(stderr).toBe(
      `CONSISTENCY_MIRROR: got "/data/mirror", expected an address that begins with http:// or https://. Name a server, or unset it and put the files into ${join(folder, 'cache', 'inception')} by hand.`,
    );
    expect(exitCode).toBe(65);
  });
});
