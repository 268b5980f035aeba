/** @file What a command takes of a device that is not here: every recipe and scale, by arithmetic that can be done by hand. */
import { execaNode } from 'execa';
import { describe, expect, it } from 'vitest';
import { formatBytes } from '../../../harness/core/units.ts';
import { costOf } from '../../../harness/plan/cost.ts';
import { expenseOf, type Expense } from '../../../harness/plan/devices/expense.ts';
import { lesserPeaks, memoryFit, requireFit } from '../../../harness/plan/devices/fit.ts';
import { deviceModels } from '../../../harness/plan/devices/models.ts';
import { expenseText } from '../../../harness/plan/devices/print.ts';
import { estimatedCalibration } from '../../../harness/plan/devices/sustained.ts';
import { engineSettings } from '../../../harness/plan/engine-settings.ts';
import { resolvePlan } from '../../../harness/plan/resolve.ts';
import type { Plan } from '../../../harness/plan/types.ts';
import type { Recipe } from '../../../harness/recipe/types.ts';
import type { Scale } from '../../../harness/recipe/scale.ts';
import * as cifar10 from '../../../recipes/cifar10.ts';
import * as imagenet64 from '../../../recipes/imagenet64.ts';
import { recipes } from '../../../recipes/index.ts';
import { scales } from '../../../recipes/scales.ts';
import { hourScale, paperScale } from '../fixtures.ts';

const gibibyte = 2 ** 30;

function planOn(recipe: Recipe, scale: Scale, memoryGiB: number): Plan {
  const engine = engineSettings(
    scale.batchImages ?? recipe.tuning.batchImages,
    { device: 'gpu' },
    recipe,
    memoryGiB * gibibyte,
  );
  return resolvePlan({ recipe, scale, seed: 0, engine });
}

describe('plans for GPUs that are not here', () => {
  const cases = (['a100', 'h100'] as const).flatMap((id) =>
    Object.values(recipes).flatMap((recipe) =>
      Object.values(scales[recipe.data.dataset]).map((scale) => [id, recipe.id, scale.id, recipe, scale] as const),
    ),
  );

  it('exist for every recipe and scale on an A100 and an H100, fit, and have a cost', () => {
    expect(cases.length).toBeGreaterThan(100);
    for (const [id, , , recipe, scale] of cases) {
      const { memoryGiB } = deviceModels[id];
      const plan = planOn(recipe, scale, memoryGiB);
      expect(memoryFit(plan, memoryGiB * gibibyte).fits).toBe(true);
      const calibration = estimatedCalibration(deviceModels[id]);
      const { deviceSeconds } = expenseOf([plan], [costOf(plan, calibration)], calibration, {});
      expect(deviceSeconds.low).toBeGreaterThan(0);
      expect(deviceSeconds.high).toBeGreaterThan(deviceSeconds.low);
      expect(deviceSeconds.high).toBeLessThan(Infinity);
    }
  });

  it('are those of the device itself where its memory does not bind: no run is planned twice', () => {
    const there = engineSettings(1024, { device: 'gpu' }, cifar10.ict, 80 * gibibyte);
    expect(there).toEqual(engineSettings(1024, { device: 'gpu' }, cifar10.ict));
  });
});

describe('expenseOf', () => {
  const plan = planOn(cifar10.ict, hourScale, 80);
  const given = { flopsPerSecond: 1e13, device: 'a GPU of that rate', basis: { kind: 'given' } } as const;

  it('is time at the rate, energy at the power and money at the price', () => {
    const cost = costOf(plan, given);
    const flop = cost.trainFlop + cost.sampleFlop;
    const { deviceSeconds, joules, money } = expenseOf([plan, plan], [cost, cost], given, {
      watts: 400,
      pricePerHour: 1.8,
    });
    const seconds = (2 * flop) / 1e13;
    expect(deviceSeconds).toEqual({ low: seconds, middle: seconds, high: seconds });
    expect(joules!.middle).toBeCloseTo(400 * seconds, 3);
    expect(money!.middle).toBeCloseTo((1.8 * seconds) / 3600, 9);
  });

  it('is dearest at the low end of an estimated rate', () => {
    const calibration = {
      flopsPerSecond: 2e13,
      device: 'x',
      basis: { kind: 'estimated', low: 1e13, high: 4e13 },
    } as const;
    const { deviceSeconds } = expenseOf([plan], [costOf(plan, calibration)], calibration, {});
    expect(deviceSeconds.high / deviceSeconds.middle).toBeCloseTo(2, 12);
    expect(deviceSeconds.middle / deviceSeconds.low).toBeCloseTo(2, 12);
  });

  it('knows neither energy, money nor memory where nothing is known of them', () => {
    expect(expenseOf([plan], [costOf(plan)], given, {})).toMatchObject({ joules: null, money: null, memory: null });
  });
});

describe('memory', () => {
  it('makes a pass as large as the GPU allows and no larger', () => {
    const images = (memoryGiB: number): number => planOn(cifar10.ict, paperScale, memoryGiB).engine.microBatchImages;
    expect([images(12), images(24), images(80)]).toEqual([32, 64, 128]);
    for (const memoryGiB of [12, 16, 24, 40, 80]) {
      expect(memoryFit(planOn(cifar10.ict, paperScale, memoryGiB), memoryGiB * gibibyte).fits).toBe(true);
    }
  });

  it('names a GPU that is too small for one image, and what one takes, with recomputation too', () => {
    const plan = planOn(imagenet64.ictDeep, scales.imagenet64.paper!, 8);
    const { oneImage, recomputed } = lesserPeaks(plan);
    expect(() => requireFit(plan, 8 * gibibyte, 'a GPU')).toThrow(
      `a GPU: got about ${formatBytes(oneImage)} of imagenet64-ict-deep at 1 image per pass, expected at most 7.20 GiB of its 8.00 GiB (one image per pass takes ${formatBytes(oneImage)}, this pass with --recompute ${formatBytes(recomputed)}). Choose a GPU with more memory, or a smaller recipe.`,
    );
  });

  it('says what would do where something would', () => {
    const plan = planOn(cifar10.ict, paperScale, 80);
    const { oneImage, recomputed } = lesserPeaks(plan);
    expect(oneImage).toBeLessThan(recomputed);
    const on = (room: number) => () => requireFit(plan, room / 0.9, 'a GPU');
    expect(on(recomputed + 1)).toThrow('Take fewer images per pass with --micro-batch, or add --recompute.');
    expect(on(oneImage + 1)).toThrow('Take fewer images per pass with --micro-batch.');
    expect(on(oneImage - 1)).toThrow('Choose a GPU with more memory');
    expect(on(costOf(plan).bytes.peak)).not.toThrow();
  });
});

describe('expenseText', () => {
  it('is one line per scale and device, then what it rests on', () => {
    const model = deviceModels.a100;
    const calibration = estimatedCalibration(model);
    const span = { low: 3600, middle: 5400, high: 7200 };
    const expense: Expense = {
      calibration,
      scale: 'hour',
      cells: 6,
      deviceSeconds: span,
      joules: { low: 3.6e6, middle: 5.4e6, high: 7.2e6 },
      money: { low: 2, middle: 3, high: 4 },
      memory: { peakBytes: 20 * gibibyte, memoryBytes: 80 * gibibyte, fits: true },
      passImages: [64, 128],
    };
    const small = { ...expense, scale: 'paper', memory: { ...expense.memory!, fits: false }, joules: null };
    expect(expenseText([expense, small], [model], 2)).toMatchInlineSnapshot(`
      "Expense
        scale  device          cells  device time                            device hours      kWh               memory                              images per pass  money at 2 an hour
        hour   A100 SXM 80 GB  6      1 h 30 min (1 h 00 min to 2 h 00 min)  1.5 (1.0 to 2.0)  1.5 (1.0 to 2.0)  20.0 GiB of 80.0 GiB                64 to 128        3.00 (2.00 to 4.00)
        paper  A100 SXM 80 GB  6      1 h 30 min (1 h 00 min to 2 h 00 min)  1.5 (1.0 to 2.0)  unknown           20.0 GiB of 80.0 GiB: does not fit  64 to 128        3.00 (2.00 to 4.00)

      Rate: 34.6 TFLOP/s (25.0 to 48.0), an estimate for A100 SXM 80 GB.
      An estimate is scaled from an A100 by peak and bandwidth: this project has not been run on the device. \`npm run engine -- check\` on it measures the rate.
      A100 SXM 80 GB: 80 GiB, peak 156 TFLOP/s, 2.039 TB/s, 400 W (NVIDIA A100 Tensor Core GPU data sheet, looked up)
      Device hours are those of one device. Energy is that of the board at its greatest power, without the machine around it. Memory is an estimate. Scoring is not counted."
    `);
  });
});

describe('npm run plan -- --on', () => {
  const command = (...options: string[]) =>
    execaNode('scripts/plan.ts', options, { nodeOptions: ['--import', 'tsx'], reject: false });

  it('prints one line per scale and device', async () => {
    const { stdout, exitCode } = await command('cifar10', '--on', 'a100,h100', '--scale', 'all', '--price', '2');
    expect(exitCode).toBe(0);
    const rows = stdout.split('\n').filter((line) => /^ {2}(smoke|hour|night|paper) /.test(line));
    expect(rows.map((row) => row.trim().split(/\s+/).slice(0, 2).join(' '))).toEqual(
      ['smoke', 'hour', 'night', 'paper'].flatMap((scale) => [`${scale} A100`, `${scale} H100`]),
    );
    expect(stdout).toContain('money at 2 an hour');
  });

  it('plans for a GPU without one, and says which stands for it', async () => {
    const { stdout, exitCode } = await command('cifar10', '--device', 'gpu', '--recipes', 'ict', '--seeds', '0');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('No NVIDIA GPU here: planned for the A100 SXM 80 GB. Name another device with --on.');
    expect(stdout).toContain('Scale hour, since the device is A100 SXM 80 GB.');
    expect(stdout).toMatch(/device time .* at 34\.6 TFLOP\/s \(25\.0 to 48\.0\), an estimate for A100 SXM 80 GB/);
  });

  it('prints JSON with the expense', async () => {
    const { stdout } = await command('cifar10', '--on', 'rtx4090', '--scale', 'hour', '--price', '0.5', '--json');
    const { expense } = JSON.parse(stdout) as { expense: Expense };
    expect(expense).toMatchObject({
      scale: 'hour',
      cells: 6,
      calibration: { device: 'GeForce RTX 4090 24 GB', basis: { kind: 'estimated' } },
    });
    expect(expense.money!.middle).toBeCloseTo((0.5 * expense.deviceSeconds.middle) / 3600, 9);
  });

  it.each([
    [
      ['--on', 'h10'],
      '--on: got "h10", expected a device, or its sustained TFLOP/s. Did you mean "a10" or "h100" or "a100".',
    ],
    [['--on', 'h100', '--device', 'gpu'], /plan: got .*'--on <devices>' cannot be used with option '--device <kind>'/],
    [['--on', 'h100', '--price', 'free'], /Give the price of an hour as a number above 0/],
    [
      ['--on', 'a100,h100', '--margin', '5', '--spread', '2'],
      '--margin: got several scales or devices, expected one scale on one device, whose seeds are counted. Name one scale and one device, or leave --margin out.',
    ],
  ])('refuses %j in one line', async (options, line) => {
    const { stderr, exitCode } = await command('cifar10', ...options);
    expect(exitCode).toBe(65);
    expect(stderr.split('\n')).toHaveLength(1);
    if (typeof line === 'string') expect(stderr).toBe(line);
    else expect(stderr).toMatch(line);
  });
});
