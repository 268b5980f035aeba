/** @file The search for the largest pass on made-up devices, and processes that end for lack of memory. */
import { describe, expect, it } from 'vitest';
import { askPass } from '../../../harness/bench/check/check.ts';
import {
  largestPass,
  passFinding,
  type LargestPass,
  type PassTaken,
} from '../../../harness/bench/check/largest-pass.ts';
import type { Device } from '../../../harness/core/device.ts';
import { costOf } from '../../../harness/plan/cost.ts';
import { tensorBytes } from '../../../harness/plan/engine-settings.ts';
import type { Plan } from '../../../harness/plan/types.ts';
import { engine, hourScale, planOf } from '../../plan/fixtures.ts';
import * as cifar10 from '../../../recipes/cifar10.ts';

const gibibyte = 2 ** 30;
const passOf = (device: Device) => (images: number) =>
  planOf({
    recipe: cifar10.ict,
    scale: { ...hourScale, batchImages: images },
    engine: { ...engine, device, microBatchImages: images },
  });

interface Circumstances {
  readonly device?: Device;
  readonly tries?: number;
  readonly memoryBytes?: number;
}

/** What is found, and the passes that were tried. */
async function found(
  take: (images: number) => PassTaken,
  { device = 'gpu', tries = 20, memoryBytes = 24 * gibibyte }: Circumstances = {},
): Promise<{ readonly pass: LargestPass; readonly tried: number[] }> {
  const tried: number[] = [];
  const pass = await largestPass({ device, planOf: passOf(device), memoryBytes, tries }, (plan: Plan) => {
    tried.push(plan.asRun.batchImages);
    return Promise.resolve(take(plan.asRun.batchImages));
  });
  return { pass, tried };
}
const upTo =
  (most: number) =>
  (images: number): PassTaken => ({ taken: images <= most, residentBytes: null });

describe('largestPass', () => {
  it('takes as estimate the most images whose memory plans let through', async () => {
    const { pass, tried } = await found(upTo(0));
    const peak = (images: number): number => costOf(passOf('gpu')(images)).bytes.peak;
    expect(peak(pass.estimatedImages)).toBeLessThanOrEqual(tensorBytes(24 * gibibyte));
    expect(peak(pass.estimatedImages + 1)).toBeGreaterThan(tensorBytes(24 * gibibyte));
    expect(tried[0]).toBe(pass.estimatedImages);
    expect(pass).toMatchObject({ recipe: 'cifar10-ict', images: 0, tooMany: 1 });
  });

  it('ends within an eighth of the images that fit, above and below the estimate', async () => {
    for (const most of [1, 7, 40, 100, 333, 1000]) {
      const { pass, tried } = await found(upTo(most));
      expect(pass.images).toBeLessThanOrEqual(most);
      expect(pass.tooMany).toBeGreaterThan(most);
      expect(pass.tooMany! - pass.images).toBeLessThanOrEqual(Math.max(1, pass.images / 8));
      expect(tried.length).toBeLessThan(14);
    }
  });

  it('stops at 4096 images and after the tries that it has', async () => {
    expect((await found(upTo(Infinity))).pass).toMatchObject({ images: 4096, tooMany: null });
    const { pass, tried } = await found(upTo(Infinity), { tries: 2 });
    expect(tried).toEqual([pass.estimatedImages, Math.ceil(1.5 * pass.estimatedImages)]);
    expect(pass.images).toBe(tried[1]);
  });

  it('holds a process on a CPU to its limit, whatever the machine has', async () => {
    const limit = 4 * gibibyte;
    const take = (images: number): PassTaken => ({ taken: true, residentBytes: images * 0.1 * gibibyte });
    const { pass } = await found(take, { device: 'cpu', memoryBytes: limit });
    expect(pass.images).toBeLessThanOrEqual(40);
    expect(pass.tooMany).toBeGreaterThan(40);
  });
});

describe('passFinding', () => {
  const pass = { recipe: 'r', images: 40, tooMany: 44, estimatedImages: 38, memoryBytes: 24 * gibibyte };
  it('passes an estimate that promises no more than fits, and warns of one that does', () => {
    expect(passFinding(pass)).toEqual({
      what: 'largest pass',
      outcome: 'passed',
      detail: 'images of r in 24.0 GiB: 40 fit, 44 do not; the estimate lets 38 through',
    });
    expect(passFinding({ ...pass, images: 1, tooMany: 2 })).toEqual({
      what: 'largest pass',
      outcome: 'warned',
      detail:
        'images of r in 24.0 GiB: 1 fit, 2 do not; the estimate lets 38 through, so take fewer with --micro-batch',
    });
    expect(passFinding({ ...pass, tooMany: null }).detail).toContain('40 and more fit');
    expect(passFinding(null)).toMatchObject({ outcome: 'skipped' });
  });
});

describe('askPass', () => {
  const job = { device: 'gpu', tf32: true, deterministic: true, pass: 'plan.json' } as const;
  const ask = (program: string) => askPass([process.execPath, '-e', program, '--'], job);

  it('reads the answer of a process that took the step or found no memory', async () => {
    const answer = { taken: false, residentBytes: 5 };
    expect(await ask(`console.log('noise'); console.log('${JSON.stringify(answer)}')`)).toEqual(answer);
  });

  it('takes a process that the lack of memory ended as one that did not fit', async () => {
    const lacked = { taken: false, residentBytes: null };
    // From TensorFlow 2.21 on an A100, shortened.
    const message =
      'F external/local_xla/xla/stream_executor/cuda/cuda_driver.cc: CUDA_ERROR_OUT_OF_MEMORY: out of memory';
    expect(await ask(`console.error('${message}'); process.abort()`)).toEqual(lacked);
    expect(await ask(`process.kill(process.pid, 'SIGKILL'); setTimeout(() => {}, 1e4)`)).toEqual(lacked);
  });

  it('refuses any other end', async () => {
    await expect(ask(`console.error('no such file'); process.exit(70)`)).rejects.toThrow(
      'check, a pass: got a process that ended with exit code 70: no such file, expected its answers.',
    );
  });
});
