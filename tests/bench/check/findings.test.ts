/** @file Findings of a check from made-up machines and answers: every branch that only a GPU reaches. */
import { describe, expect, it } from 'vitest';
import { bounds, comparisons, stepNames, type Answers } from '../../../harness/bench/check/comparisons.ts';
import { checkPage } from '../../../harness/bench/check/print.ts';
import {
  inputFindings,
  isSound,
  measuredDefaults,
  withFits,
  type DeviceCheck,
} from '../../../harness/bench/check/check.ts';
import { machineFindings } from '../../../harness/bench/check/machine-findings.ts';
import type { ProbeAnswer, StepTaken } from '../../../harness/bench/check/probe.ts';
import { costOf } from '../../../harness/plan/cost.ts';
import type { Recipe } from '../../../harness/recipe/types.ts';
import * as cifar10 from '../../../recipes/cifar10.ts';
import { engine, hourScale, planOf } from '../../plan/fixtures.ts';
import type { GpuState } from '../../../harness/engine/engine.ts';

const gibibyte = 2 ** 30;
const a100: GpuState = {
  model: 'NVIDIA A100-SXM4-80GB',
  driver: '535.104.05',
  capability: 8,
  memoryBytes: 80 * gibibyte,
  freeBytes: 79 * gibibyte,
  ecc: true,
  megahertz: 210,
  mostMegahertz: 1410,
  users: [],
};

const outcomes = (state: GpuState): Record<string, string> =>
  Object.fromEntries(machineFindings('gpu', state).map(({ what, outcome }) => [what, outcome]));
const detail = (state: GpuState, what: string): string =>
  machineFindings('gpu', state).find((one) => one.what === what)!.detail;

describe('machineFindings', () => {
  it('has nothing against a GPU that is fit', () => {
    expect(outcomes(a100)).toEqual({
      driver: 'passed',
      kernels: 'passed',
      memory: 'passed',
      'other users': 'passed',
      ECC: 'passed',
      clocks: 'passed',
    });
  });

  it('fails a driver that is too old and a GPU without kernels', () => {
    const old = { ...a100, driver: '470.82.01', capability: 5.2 };
    expect(outcomes(old)).toMatchObject({ driver: 'failed', kernels: 'failed' });
    expect(detail(old, 'driver')).toBe('470.82.01, too old for CUDA 12: install 525 or newer');
  });

  it('names a GPU that is newer than the build before anyone waits for a compiler', () => {
    const blackwell = { ...a100, model: 'NVIDIA B200', capability: 10 };
    expect(outcomes(blackwell).kernels).toBe('warned');
    expect(detail(blackwell, 'kernels')).toContain(
      'NVIDIA B200, compute capability 10.0 is newer than this TensorFlow: the driver compiles every kernel at the first start',
    );
  });

  it('warns of a GPU that others use', () => {
    const used = { ...a100, freeBytes: 60 * gibibyte, users: [{ pid: 7, program: 'train', bytes: 19 * gibibyte }] };
    expect(outcomes(used)).toMatchObject({ memory: 'warned', 'other users': 'warned' });
    expect(detail(used, 'other users')).toBe('train (process 7, 19.0 GiB): speed and memory are shared with them');
    expect(detail(used, 'memory')).toBe('60.0 GiB of 80.0 GiB free');
  });

  it('says what the driver does not', () => {
    expect(outcomes({ ...a100, ecc: null, megahertz: null })).toMatchObject({ ECC: 'skipped', clocks: 'skipped' });
    expect(outcomes({ ...a100, ecc: false }).ECC).toBe('warned');
    expect(machineFindings('gpu', undefined).map(({ outcome }) => outcome)).toEqual(['warned']);
  });
});

const taken: StepTaken = { losses: [2, 1], weightsSha256: 'a'.repeat(64), seconds: 0.5 };
const answer: ProbeAnswer = {
  device: 'gpu',
  tensorflow: '2.21.0',
  convolution: [1, -4, 2],
  xlaConvolution: [1, -4, 2],
  product: [3],
  wordsSha256: 'b'.repeat(64),
  steps: Object.fromEntries(stepNames.map((name) => [name, taken])),
  speeds: [],
  rates: null,
};
const answers: Required<Answers> = { reference: answer, exact: answer, tf32: answer, free: answer };
const found = (changed: Partial<Answers>): Record<string, string> =>
  Object.fromEntries(comparisons({ ...answers, ...changed }).map(({ what, outcome }) => [what, outcome]));
const withStep = (name: string, change: Partial<StepTaken>): ProbeAnswer => ({
  ...answer,
  steps: { ...answer.steps, [name]: { ...taken, ...change } },
});

describe('comparisons', () => {
  it('pass where everything agrees, and say what determinism costs', () => {
    const all = comparisons({ ...answers, free: withStep('base', { seconds: 0.25 }) });
    expect(new Set(all.map(({ outcome }) => outcome))).toEqual(new Set(['passed']));
    expect(all.at(-1)).toMatchObject({ what: 'determinism', detail: 'a step takes 2.0 times as long as without' });
  });

  it('hold sums to the bound relative to the largest value, and nothing that is not finite', () => {
    const off = (error: number): ProbeAnswer => ({ ...answer, convolution: [1, -4 + 4 * error, 2] });
    expect(found({ exact: off(0.9 * bounds.float32) }).convolution).toBe('passed');
    expect(found({ exact: off(1.1 * bounds.float32) }).convolution).toBe('failed');
    expect(found({ exact: off(NaN) }).convolution).toBe('failed');
    expect(found({ tf32: off(0.9 * bounds.tensorFloat32) })['TF32 convolution']).toBe('passed');
    expect(found({ tf32: off(1.1 * bounds.tensorFloat32) })['TF32 convolution']).toBe('failed');
    expect(found({ exact: { ...answer, xlaConvolution: [1, 4, 2] } })['XLA convolution']).toBe('failed');
  });

  it('hold losses to the bound of their precision', () => {
    const loss = (error: number) => ({ losses: [2, 1 + 2 * error] });
    expect(found({ exact: withStep('eager', loss(2 * bounds.floatLoss)) })['compiled and op by op']).toBe('failed');
    expect(found({ exact: withStep('bfloat16', loss(0.9 * bounds.bfloat16Loss)) }).bfloat16).toBe('passed');
    expect(found({ exact: withStep('bfloat16', loss(1.1 * bounds.bfloat16Loss)) }).bfloat16).toBe('failed');
    expect(found({ tf32: withStep('base', loss(1.1 * bounds.tensorFloat32Loss)) })['TF32 step']).toBe('failed');
    expect(found({ exact: withStep('xla', { losses: [3, NaN] }) })['XLA step']).toBe('failed');
    expect(found({ exact: withStep('xla', { losses: [3, 4] }) })['XLA step']).toBe('passed');
  });

  it('want random words and repeated steps equal to the bit', () => {
    const other = 'c'.repeat(64);
    expect(found({ exact: { ...answer, wordsSha256: other } })['random words']).toBe('failed');
    expect(found({ exact: withStep('again', { weightsSha256: other }) })['same step twice']).toBe('failed');
  });

  it('leave TF32 and determinism out on a CPU', () => {
    const cpu = comparisons({ reference: answer, exact: answer });
    expect(cpu.at(-1)).toEqual({ what: 'TF32', outcome: 'skipped', detail: 'a CPU has none' });
  });
});

it('a speed stands beside the memory of its own batch, also where batches before it did not fit', () => {
  const planned = (recipe: Recipe, batchImages: number) =>
    planOf({ recipe, scale: { ...hourScale, batchImages }, engine: { ...engine, microBatchImages: batchImages } });
  const plans = [planned(cifar10.ict, 4), planned(cifar10.ict, 8), planned(cifar10.ictDeep, 4)];
  const speed = (recipe: string, batchImages: number) => ({
    recipe,
    batchImages,
    seconds: 1,
    flopsPerSecond: 1,
    waitingShare: 0,
  });
  const speeds = [speed('cifar10-ict', 4), speed('cifar10-ict-deep', 4)];
  expect(withFits(speeds, plans, 80 * gibibyte).map(({ fit }) => fit!.peakBytes)).toEqual(
    [plans[0]!, plans[2]!].map((plan) => costOf(plan).bytes.peak),
  );
  expect(withFits(speeds, plans, undefined).map(({ fit }) => fit)).toEqual([null, null]);
});

it('a GPU may wait for its input for a fiftieth of a step, at the largest batch that fitted', () => {
  const speed = (waitingShare: number | null) => ({
    recipe: 'full',
    batchImages: 16,
    seconds: null,
    flopsPerSecond: null,
    waitingShare,
  });
  expect(inputFindings('gpu', [speed(0.5), speed(0.02), speed(null)])).toEqual([
    {
      what: 'input',
      outcome: 'passed',
      detail: 'the device waits for its input for 2.0 % of a step, at most 2.0 %',
    },
  ]);
  expect(inputFindings('gpu', [speed(0.021)])).toMatchObject([{ outcome: 'warned' }]);
  expect(inputFindings('cpu', [speed(0.5)])).toEqual([]);
});

it('measured defaults are the smallest quick pass of the largest network, and XLA where it gains more than noise', () => {
  const speed = (recipe: string, batchImages: number, flopsPerSecond: number | null) => ({
    recipe,
    batchImages,
    seconds: flopsPerSecond === null ? null : batchImages / flopsPerSecond,
    flopsPerSecond,
    waitingShare: 0,
  });
  const speeds = [
    speed('small', 256, 900),
    speed('full', 16, 300),
    speed('full', 64, 490),
    speed('full', 128, 500),
    speed('full', 256, null),
  ];
  const xla = (flopsPerSecond: number | null) => measuredDefaults(speeds, speed('full', 64, flopsPerSecond));
  expect(xla(600)).toEqual({ xla: true, passImages: 64 });
  expect([xla(495).xla, xla(400).xla, xla(null).xla]).toEqual([false, false, false]);
  expect(measuredDefaults(speeds.slice(4), undefined)).toEqual({ xla: false, passImages: null });
});

it('a page shows findings, rates and speeds, and what did not fit', () => {
  const check: DeviceCheck = {
    schema: 'consistency-harness/device-check@1',
    device: a100.model,
    kind: 'gpu',
    hardware: a100.model,
    tensorflow: '2.21.0',
    defaults: { xla: true, passImages: 128 },
    checked: '2030-01-02T03:04:05.000Z',
    state: a100,
    findings: [{ what: 'driver', outcome: 'passed', detail: '535.104.05' }],
    rates: {
      convolutionFlopsPerSecond: 60e12,
      productFlopsPerSecond: 90e12,
      copyBytesPerSecond: 1.5e12,
      samplesPerSecond: 2_500,
      featureImagesPerSecond: 9_000,
      inceptionImagesPerSecond: 1_200,
      inceptionWeights: 'random',
    },
    sustainedFlopsPerSecond: 30e12,
    speeds: [
      {
        recipe: 'bench-full',
        batchImages: 128,
        seconds: 0.5,
        flopsPerSecond: 30e12,
        waitingShare: 0.0123,
        fit: { peakBytes: 40 * gibibyte, memoryBytes: 80 * gibibyte, fits: true },
      },
      { recipe: 'bench-full', batchImages: 512, seconds: null, flopsPerSecond: null, waitingShare: null, fit: null },
    ],
    largestPass: null,
  };
  expect(isSound(check)).toBe(true);
  expect(isSound({ ...check, findings: [{ what: 'x', outcome: 'failed', detail: '' }] })).toBe(false);
  expect(checkPage(check)).toMatchInlineSnapshot(`
    "# NVIDIA A100-SXM4-80GB

    \`npm run engine -- check\`, 2030-01-02.

    | what   | outcome | found      |
    | ------ | ------- | ---------- |
    | driver | passed  | 535.104.05 |

    | rate                                       | measured      |
    | ------------------------------------------ | ------------- |
    | convolution with both gradients            | 60.0 TFLOP/s  |
    | matrix product                             | 90.0 TFLOP/s  |
    | copy                                       | 1500 GB/s     |
    | one-step samples                           | 2500 images/s |
    | features of shapes                         | 9000 images/s |
    | features of Inception, with random weights | 1200 images/s |

    Defaults of plans: XLA on, images per pass 128; measured on NVIDIA A100-SXM4-80GB with TensorFlow 2.21.0.

    | network    | batch | step         | rate         | share of convolution | waits for input | estimated memory     |
    | ---------- | ----- | ------------ | ------------ | -------------------- | --------------- | -------------------- |
    | bench-full | 128   | 500 ms       | 30.0 TFLOP/s | 50 %                 | 1.2 %           | 40.0 GiB of 80.0 GiB |
    | bench-full | 512   | does not fit |              |                      |                 |                      |
    "
  `);
});
