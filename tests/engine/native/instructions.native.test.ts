/** @file Native arithmetic has the same bits whatever instructions a processor has: each set is compiled and run here. */
import { execa } from 'execa';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { compileFlags, nativeFolder } from '../../../harness/engine/install/addon/sources.ts';

test('group normalisation', async () => {
  const folder = join(nativeFolder, 'group-norm');
  const program = join(mkdtempSync(join(tmpdir(), 'instructions-')), 'instructions');
  const sources = [join(import.meta.dirname, 'instructions.cc'), join(folder, 'arithmetic.cc')];
  const flags = compileFlags.filter((flag) => flag !== '-shared');
  await execa(process.env.CXX ?? 'g++', [...flags, `-I${folder}`, ...sources, '-o', program]);
  const { stdout } = await execa(program);
  const lines = stdout.split('\n').map((line) => line.split(' '));
  expect(lines.at(-1)![0]).toBe('baseline');
  for (const [set, bytes, different] of lines) {
    expect(Number(bytes), set).toBeGreaterThan(100_000);
    expect(different, set).toBe('0');
  }
});
