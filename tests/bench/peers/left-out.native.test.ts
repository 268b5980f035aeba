/** @file A benchmark leaves out peers that do not start or are of another version, by name, and measures the others. */
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { runBenchmark } from '../../../harness/bench/measure.ts';
import { ownProcess } from '../../../harness/cli/own-process.ts';
import { systemClock } from '../../../harness/core/clock.ts';
import { engineSettings } from '../../../harness/plan/engine-settings.ts';
import { resolvePlan } from '../../../harness/plan/resolve.ts';
import { benchSizes } from '../../../recipes/bench.ts';
import { engineForTests } from '../../engine/engine-fixture.ts';

const root = resolve(import.meta.dirname, '../../..');

beforeAll(async () => {
  await engineForTests();
});

/** A Python whose PyTorch is old and that has no JAX. */
function otherPython(): string {
  const path = join(mkdtempSync(join(tmpdir(), 'other-python-')), 'python');
  const script = `#!${process.execPath}
if (process.argv[2].endsWith('jax_peer.py')) {
  console.error("ModuleNotFoundError: No module named 'jax'");
  process.exit(1);
}
console.log(JSON.stringify({ ready: true, version: 'PyTorch 1.13.1' }));
process.stdin.resume();
`;
  writeFileSync(path, script);
  chmodSync(path, 0o755);
  return path;
}

it('names what is missing or of another version, and measures the rest', async () => {
  const { recipe, scale, sampleImages } = benchSizes.twin;
  const written: string[] = [];
  const benchmark = await runBenchmark(
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
      peers: { python: otherPython(), scripts: join(root, 'harness', 'bench', 'peers') },
      rounds: 1,
      threads: 1,
      only: ['float32', 'torch-eager', 'jax'],
      ownProcess: ownProcess('bench/subject'),
      root,
      command: 'npm run bench -- step',
    },
    { output: { write: (text: string) => void written.push(text), isTerminal: false }, clock: systemClock },
  );
  expect(benchmark.subjects.map(({ name }) => name)).toEqual(['compiled float32']);
  expect(benchmark.skipped.map(({ name }) => name)).toEqual(['PyTorch eager', 'JAX jit']);
  const [torch, jax] = benchmark.skipped.map(({ why }) => why);
  expect(torch).toMatch(/^PyTorch 1\.13\.1, and not the pinned \d+\.\d+\.\d+$/);
  expect(jax).toContain("No module named 'jax'");
  expect(written.join('')).toContain('PyTorch eager is not measured: PyTorch 1.13.1');
}, 120_000);
