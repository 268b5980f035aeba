/** @file Native kernels have the same bits whatever instructions a processor has, and for any number of threads. */
import { execa } from 'execa';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { compileFlags, nativeFolder } from '../../../harness/engine/install/addon/sources.ts';

const folder = join(nativeFolder, 'kernels');
const kernels = ['group-norm', 'tridiagonal', 'update', 'dropout', 'sum', 'column-sum', 'product'];
const program = join(mkdtempSync(join(tmpdir(), 'instructions-')), 'instructions');

beforeAll(async () => {
  const names = [...kernels.map((name) => join(name, `${name}.cc`)), 'workers.cc'];
  const sources = names.map((name) => join(folder, name));
  const flags = compileFlags.filter((flag) => flag !== '-shared');
  const own = join(import.meta.dirname, 'instructions.cc');
  await execa(process.env.CXX ?? 'g++', [...flags, `-I${folder}`, own, ...sources, '-o', program]);
});

/** Lines of `<kernel> <set> <bytes> <bytes that differ> <sum>`. */
async function runWith(threads: number): Promise<string[][]> {
  const { stdout } = await execa(program, { env: { TF_NUM_INTRAOP_THREADS: String(threads) } });
  return stdout.split('\n').map((line) => line.split(' '));
}

test('every set of instructions that this processor has gives the bits of the plainest', async () => {
  const lines = await runWith(1);
  expect(lines.filter(([, set]) => set === 'baseline').map(([kernel]) => kernel)).toEqual(kernels);
  for (const [kernel, set, bytes, different] of lines) {
    expect(Number(bytes), kernel).toBeGreaterThan(5_000);
    expect(different, `${kernel}, ${set}`).toBe('0');
  }
});

test('one thread and three give the same bits', async () => {
  expect(await runWith(3)).toEqual(await runWith(1));
});
