/** @file What peers compile is kept with the time of the first call that did so; what an ended process left is not. */
import { existsSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { KeptCompilation } from '../../../harness/bench/peers/kept-compilation.ts';
import { pinnedVersion, versionIn } from '../../../harness/bench/peers/pinned.ts';

const root = mkdtempSync(join(tmpdir(), 'kept-compilation-'));
const open = (key: object) => new KeptCompilation(root, key);
const key = { job: { threads: 2 }, code: 'a' };

it('gives a later benchmark the time of the call that compiled', () => {
  const first = open(key);
  expect(first.firstCall).toBeNull();
  first.noteFirstCall(119_000);
  const second = open(key);
  expect(second.firstCall).toBe(119_000);
  expect(second.variables).toEqual(first.variables);
  second.noteFirstCall(3000);
  expect(open(key).firstCall).toBe(119_000);
});

it('is another one for another job or code', () => {
  const other = open({ ...key, code: 'b' });
  expect(other.firstCall).toBeNull();
  expect(Object.values(other.variables)).not.toContain(open(key).variables.TORCHINDUCTOR_CACHE_DIR);
});

it('begins anew where no first call was noted, or its note is none', () => {
  const unfinished = { unfinished: true };
  const folder = join(open(unfinished).variables.TRITON_CACHE_DIR!, '..');
  writeFileSync(join(folder, 'half'), 'compiled');
  expect(open(unfinished).firstCall).toBeNull();
  expect(readdirSync(folder)).toEqual([]);
  writeFileSync(join(folder, 'first-call.json'), '{"milliseconds": -1}');
  expect(open(unfinished).firstCall).toBeNull();
  expect(existsSync(join(folder, 'first-call.json'))).toBe(false);
});

it('knows the pinned versions, and the version that a framework says', () => {
  const requirements = join(import.meta.dirname, '../../../harness/bench/peers/requirements.txt');
  expect(pinnedVersion(requirements, 'torch')).toMatch(/^\d+\.\d+\.\d+$/);
  expect(pinnedVersion(requirements, 'jax')).toMatch(/^\d+\.\d+\.\d+$/);
  expect(pinnedVersion(requirements, 'no-such-package')).toBeNull();
  expect(['PyTorch 2.15.0+cu132', 'JAX 0.10.2', 'nothing'].map(versionIn)).toEqual(['2.15.0', '0.10.2', null]);
});
