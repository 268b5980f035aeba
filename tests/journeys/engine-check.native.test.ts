/** @file `npm run engine -- check` from beginning to end on a CPU at its smallest. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execaNode } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { DeviceCheck } from '../../harness/bench/check/check.ts';

let folder: string;
let check: DeviceCheck;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'engine-check-'));
  const { stdout, stderr, exitCode } = await execaNode(
    'scripts/engine.ts',
    ['check', '--cpu', '--quick', '--json', '--out', folder],
    { nodeOptions: ['--import', 'tsx'], reject: false },
  );
  expect({ exitCode, stderr: exitCode === 0 ? '' : stderr }).toEqual({ exitCode: 0, stderr: '' });
  check = JSON.parse(stdout) as DeviceCheck;
});
afterAll(() => rmSync(folder, { recursive: true }));

it('finds nothing that failed, and skips only what a CPU does not have', () => {
  const of = (outcome: string): string[] =>
    check.findings.filter((one) => one.outcome === outcome).map(({ what }) => what);
  expect(of('failed')).toEqual([]);
  expect(of('skipped')).toEqual(['GPU', 'TF32']);
  expect(of('passed')).toEqual([
    'convolution',
    'matrix product',
    'random words',
    'step',
    'same step twice',
    'compiled and op by op',
    'bfloat16',
    'XLA convolution',
    'XLA step',
    'largest pass',
  ]);
});

it('searches the largest pass below the limit of a process, from the estimate on', () => {
  const { recipe, images, tooMany, estimatedImages, memoryBytes } = check.largestPass!;
  expect({ recipe, memoryBytes }).toEqual({ recipe: 'shapes-ict', memoryBytes: 2 ** 30 });
  expect(estimatedImages).toBeGreaterThan(64);
  expect(images).toBeGreaterThanOrEqual(estimatedImages);
  expect(tooMany ?? Infinity).toBeGreaterThan(images);
});

it('takes steps that every precision reaches: bfloat16 differs, though within its bound', () => {
  const differing = check.findings
    .filter(({ what }) => what === 'bfloat16')
    .map(({ detail }) => Number(/[\d.e-]+/.exec(detail.slice(11))![0]));
  expect(differing[0]).toBeGreaterThan(1e-6);
});

it('measures steps at growing batch, samples and features', () => {
  expect(check.speeds.map(({ batchImages }) => batchImages)).toEqual([1, 4]);
  for (const { seconds, flopsPerSecond } of check.speeds) expect(seconds! * flopsPerSecond!).toBeGreaterThan(0);
  for (const { waitingShare } of check.speeds) {
    expect(waitingShare).toBeGreaterThanOrEqual(0);
    expect(waitingShare).toBeLessThan(1);
  }
  const { inceptionWeights, ...rates } = check.rates!;
  for (const rate of Object.values(rates)) expect(rate).toBeGreaterThan(0);
  expect(['random', 'published']).toContain(inceptionWeights);
  expect(check.sustainedFlopsPerSecond).toBe(Math.max(...check.speeds.map(({ flopsPerSecond }) => flopsPerSecond!)));
});

it('writes record and page below the folder that is named, and nothing elsewhere', () => {
  expect(JSON.parse(readFileSync(join(folder, 'cpu', 'check.json'), 'utf8'))).toEqual(check);
  expect(readFileSync(join(folder, 'cpu', 'README.md'), 'utf8')).toMatch(/^# CPU\n/);
});
