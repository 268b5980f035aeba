/** @file Peers that do not start or are of another version are left out by name; what a peer compiles is kept. */
import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { runBenchmark } from '../../../harness/bench/measure.ts';
import { ownProcess } from '../../../harness/cli/own-process.ts';
import { pinnedVersion } from '../../../harness/bench/peers/pinned.ts';
import { systemClock } from '../../../harness/core/clock.ts';
import { engineSettings } from '../../../harness/plan/engine-settings.ts';
import { resolvePlan } from '../../../harness/plan/resolve.ts';
import { benchSizes } from '../../../recipes/bench.ts';
import { engineForTests } from '../../engine/engine-fixture.ts';

const root = resolve(import.meta.dirname, '../../..');

beforeAll(async () => {
  await engineForTests();
});

const scripts = join(root, 'harness', 'bench', 'peers');
const folder = mkdtempSync(join(tmpdir(), 'other-python-'));

/** A program in the place of Python. */
function python(script: string): string {
  const path = join(folder, 'python');
  writeFileSync(path, `#!${process.execPath}\n${script}`);
  chmodSync(path, 0o755);
  return path;
}

/** PyTorch is old, and there is no JAX. */
const other = `
if (process.argv[2].endsWith('jax_peer.py')) {
  console.error("ModuleNotFoundError: No module named 'jax'");
  process.exit(1);
}
console.log(JSON.stringify({ ready: true, version: 'PyTorch 1.13.1' }));
process.stdin.resume();
`;

/** Compiles where it is told to, and notes in a log whether it had to. */
const compiling = `
const { appendFileSync, existsSync, mkdirSync } = require('node:fs');
const kept = process.env.TORCHINDUCTOR_CACHE_DIR;
const answerOf = {
  check: () => ({ values: { loss: 1 } }),
  first: () => ({ milliseconds: [existsSync(kept) ? 7 : 9000], handles: null }),
  run: () => ({ milliseconds: [500], handles: null }),
  memory: () => ({ residentBytes: 1000, deviceBytes: null }),
};
console.log(JSON.stringify({ ready: true, version: 'PyTorch ${pinnedVersion(join(scripts, 'requirements.txt'), 'torch')}+cpu' }));
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { ask } = JSON.parse(line);
  const answer = answerOf[ask]();
  if (kept && (ask === 'check' || ask === 'first')) {
    appendFileSync('${join(folder, 'log')}', ask + (existsSync(kept) ? ' kept' : ' compiled') + '\\n');
    mkdirSync(kept, { recursive: true });
  }
  console.log(JSON.stringify(answer));
});
`;

function measure(script: string, only: string[], write: (text: string) => void) {
  const { recipe, scale, sampleImages } = benchSizes.twin;
  return runBenchmark(
    {
      task: 'step',
      size: 'twin',
      device: 'cpu',
      workload: {
        sampleImages,
        planOf: (settings) =>
          resolvePlan({
            recipe,
            scale: { ...scale, batchImages: 2 },
            seed: 0,
            engine: engineSettings(2, { device: 'cpu', ...settings }, recipe),
          }),
      },
      peers: { python: python(script), scripts, compiled: join(folder, 'compiled') },
      rounds: 1,
      threads: 1,
      only,
      ownProcess: ownProcess('bench/subject'),
      root,
      command: 'npm run bench -- step',
    },
    { output: { write, isTerminal: false }, clock: systemClock },
  );
}

it('names what is missing or of another version, and measures the rest', async () => {
  const written: string[] = [];
  const benchmark = await measure(other, ['float32', 'torch-eager', 'jax'], (text) => void written.push(text));
  expect(benchmark.subjects.map(({ name }) => name)).toEqual(['compiled float32']);
  expect(benchmark.skipped.map(({ name }) => name)).toEqual(['PyTorch eager', 'JAX jit']);
  const [torch, jax] = benchmark.skipped.map(({ why }) => why);
  expect(torch).toMatch(/^PyTorch 1\.13\.1, and not the pinned \d+\.\d+\.\d+$/);
  expect(jax).toContain("No module named 'jax'");
  expect(written.join('')).toContain('PyTorch eager is not measured: PyTorch 1.13.1');
}, 120_000);

it('keeps what a peer compiles for the next benchmark, which shows the first call that compiled', async () => {
  for (const compiledEarlier of [undefined, true]) {
    const { subjects } = await measure(compiling, ['torch-compile'], () => undefined);
    const [{ firstCallMilliseconds, ...subject }] = subjects as [(typeof subjects)[number]];
    expect([firstCallMilliseconds, subject.compiledEarlier]).toEqual([9000, compiledEarlier]);
  }
  const log = readFileSync(join(folder, 'log'), 'utf8').trim().split('\n');
  expect(log).toEqual(['check compiled', 'first compiled', 'check kept', 'first kept']);
}, 120_000);
