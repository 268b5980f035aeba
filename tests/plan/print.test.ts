/** @file The plan as text, whole, and what the command prints. */
import { execaNode } from 'execa';
import { describe, expect, it } from 'vitest';
import { costOf, type Calibration } from '../../harness/plan/cost.ts';
import { formatDuration, significant } from '../../harness/core/units.ts';
import { commandText, planText } from '../../harness/plan/print.ts';
import { planFingerprint } from '../../harness/plan/resolve.ts';
import type { Plan } from '../../harness/plan/types.ts';
import type { Recipe } from '../../harness/recipe/types.ts';
import * as cifar10 from '../../recipes/cifar10.ts';
import { engine, paperScale, planOf } from './fixtures.ts';

const scale = {
  ...paperScale,
  id: 'hour',
  steps: 3_000,
  batchImages: 128,
  maxIntervals: 40,
  samplingEmaDecay: 0.99,
  sampleImages: 10_000,
  curveImages: 2_000,
  curvePoints: 6,
  checkpointEverySteps: 500,
} as const;

const stripped = (recipe: Recipe): Recipe => ({
  ...recipe,
  source: 'the paper',
  deviations: [{ what: 'x', why: 'y', source: 'z' }],
});
const planned = (recipe: Recipe): Plan => ({
  ...planOf({ recipe: stripped(recipe), scale, engine: { ...engine, microBatchImages: 16 } }),
  fingerprint: '0123456789abcdef',
});

describe('planText', () => {
  it('prints published beside as run, choices, stages, cost and deviations', () => {
    const plan = planned(cifar10.ict);
    const calibration = { flopsPerSecond: 25e12, device: 'a test' };
    expect(planText(plan, costOf(plan, calibration), calibration)).toMatchInlineSnapshot(`
      "Plan 0123456789ab: cifar10-ict (version 1) at scale hour, seed 0
        the paper
        engine: cpu, compiled, float32, deterministic, 16 images per pass

      Recipe
                                 published    as run
        steps                      400,000     3,000
        batchImages                  1,024       128
        learningRate                0.0001    0.0001
        dropout                        0.3       0.3
        dropoutMaxResolution          none      none
        fourierScale                  0.02      0.02
        samplingEmaDecay           0.99993      0.99
        images trained on          409.6 M   384,000
        intervals               10 to 1280  10 to 40

      The five choices
        weighting   inverse-gap
        teacher     stop-gradient
        distance    pseudo-huber, cPerSqrtDim 0.00054
        curriculum  doubling, s0 10, s1 1280
        noise       lognormal, pMean -1.1, pStd 2

      Stages
        steps 0 to 999        N 11  teacher is the student
        steps 1,000 to 1,999  N 21  teacher is the student
        steps 2,000 to 2,999  N 41  teacher is the student

      Cost
        network       56.4 M parameters, 21.25 GMAC per image
        training      384,000 images at 170.0 GFLOP: 6.53e+16 FLOP
        samples       3 draws of 10,000 at the end and 2,000 at each of 6 points, one and two steps: 5.36e+15 FLOP
        second level  0.743379, index 15 of the 41 levels of the last grid: the nearest to the published 0.821
        device time   47 min 06 s for training and sampling at 25.0 TFLOP/s measured on a test; scoring not counted
        memory        about 4.64 GiB in the process, 450 MiB before it begins: weights 215 MiB, moments 430 MiB, averages 215 MiB; then gradients 215 MiB and activations about 3.15 GiB, or 1.26 GiB for the update
        disk          data 146 MiB, samples 58.6 MiB, 861 MiB per checkpoint (every 500 steps)

      Deviations
        - x (y)"
    `);
  });

  it('shows the first and last of many stages, and says that hours are unknown without a measurement', () => {
    const plan = planned(cifar10.ct);
    expect(planText(plan, costOf(plan))).toMatchInlineSnapshot(`
      "Plan 0123456789ab: cifar10-ct (version 1) at scale hour, seed 0
        the paper
        engine: cpu, compiled, float32, deterministic, 16 images per pass

      Recipe
                                published   as run
        steps                     800,000    3,000
        batchImages                   512      128
        learningRate               0.0004   0.0004
        dropout                         0        0
        dropoutMaxResolution         none     none
        fourierScale                   16       16
        samplingEmaDecay           0.9999     0.99
        images trained on         409.6 M  384,000
        intervals                2 to 150  2 to 40

      The five choices
        weighting   uniform
        teacher     ema, mu0 0.9, convention code
        distance    lpips, pooling max
        curriculum  square-root, s0 2, s1 150
        noise       uniform

      Stages
        steps 0 to 0          N 2   mu 0.8100000
        steps 1 to 8          N 3   mu 0.9000000
        steps 9 to 21         N 4   mu 0.9321698
        34 more stages
        steps 2,577 to 2,713  N 39  mu 0.9944701
        steps 2,714 to 2,855  N 40  mu 0.9946115
        steps 2,856 to 2,999  N 41  mu 0.9947458

      Cost
        network       56.4 M parameters, 21.25 GMAC per image
        training      384,000 images at 262.1 GFLOP: 1.01e+17 FLOP
        samples       3 draws of 10,000 at the end and 2,000 at each of 6 points, one and two steps: 5.36e+15 FLOP
        second level  searched at the end; its samples are not counted
        device time   unknown: the engine was not measured
        memory        about 6.46 GiB in the process, 450 MiB before it begins: weights 215 MiB, moments 430 MiB, averages 430 MiB; then gradients 215 MiB and activations about 4.76 GiB, or 1.47 GiB for the update
        disk          data 146 MiB, samples 58.6 MiB, 1.05 GiB per checkpoint (every 500 steps)

      Deviations
        - x (y)"
    `);
  });
});

it('states the cost of the whole command, not of one cell', () => {
  const plans = [cifar10.ct, cifar10.ict].map(planned);
  const calibration = { flopsPerSecond: 25e12, device: 'a test' };
  const costs = plans.map((plan) => costOf(plan, calibration));
  const flop = costs.reduce((sum, { trainFlop, sampleFlop }) => sum + trainFlop + sampleFlop, 0);
  expect(commandText(costs, calibration)).toBe(
    `Whole command: 2 cells, one after the other, ${significant(flop, 3)} FLOP, ${formatDuration(flop / 25e12)} at that rate, about 2.15 GiB on disk; scoring not counted.`,
  );
  expect(commandText(costs.slice(0, 1))).toMatch(/^Whole command: 1 cell, 1\.06e\+17 FLOP, about 1\.25 GiB on disk/);
});

describe('npm run plan', () => {
  const command = (...options: string[]) =>
    execaNode('scripts/plan.ts', options, { nodeOptions: ['--import', 'tsx'], reject: false });

  it('says first which scale it chose, then prints CT and iCT', async () => {
    const { stdout, exitCode } = await command('shapes');
    expect(stdout.split('\n')[0]).toBe('Scale smoke, since the device is cpu.');
    expect(stdout.match(/^Plan [0-9a-f]{12}: (\S+)/gm)?.map((line) => line.split(': ')[1])).toEqual([
      'shapes-ct',
      'shapes-ict',
    ]);
    expect(exitCode).toBe(0);
  });

  it('prints every cell as JSON, whose fingerprints hold', async () => {
    const { stdout } = await command('cifar10', '--scale', 'hour', '--recipes', 'ict', '--seeds', '0,5', '--json');
    const { calibration, cells } = JSON.parse(stdout) as {
      calibration: Calibration;
      cells: { plan: Plan; cost: { trainFlop: number; deviceSeconds: number } }[];
    };
    expect(calibration.device).toBe('cpu');
    expect(calibration.flopsPerSecond).toBeGreaterThan(1e8);
    expect(cells.map(({ plan }) => [plan.recipe.id, plan.scale.id, plan.seed])).toEqual([
      ['cifar10-ict', 'hour', 0],
      ['cifar10-ict', 'hour', 5],
    ]);
    for (const { plan, cost } of cells) {
      expect(planFingerprint(plan)).toBe(plan.fingerprint);
      expect(cost.deviceSeconds).toBeGreaterThan(cost.trainFlop / calibration.flopsPerSecond);
    }
  });

  it('exits 65 with the nearest name', async () => {
    const { stderr, exitCode } = await command('cifar10', '--recipes', 'itc');
    expect(stderr).toBe('--recipes: got "itc", expected a recipe of cifar10. Did you mean "ict" or "ct".');
    expect(exitCode).toBe(65);
  });
});
