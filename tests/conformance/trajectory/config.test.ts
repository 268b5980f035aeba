/** @file The configuration of a reference run: every value is honoured or refused by its name. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MalformedCaseError, readCase, type ConformanceCase } from '../../../harness/conformance/case.ts';
import { readTrajectory } from '../../../harness/conformance/trajectory/config.ts';

const golden = join(import.meta.dirname, '../../golden/networks/trajectory');
const [ct, adm, ict] = ['ct-a', 'ct-adm-a', 'ict-a'].map((name) => readCase(join(golden, `${name}-24-steps`))) as [
  ConformanceCase,
  ConformanceCase,
  ConformanceCase,
];

/** A case with some values of its configuration changed. */
function changed(reference: ConformanceCase, change: Readonly<Record<string, unknown>>): ConformanceCase {
  return { ...reference, config: { ...reference.config, ...change } };
}

describe('the plan of a reference run', () => {
  it('is CT with its teacher, curriculum and optimizer, for the whole length of the run', () => {
    const { plan, steps, snapshots, undetermined } = readTrajectory(ct);
    expect(plan.recipe.method).toEqual({
      teacher: { kind: 'ema', mu0: 0.9, convention: 'code' },
      distance: { kind: 'squared-l2' },
      noise: { kind: 'uniform' },
      curriculum: { kind: 'square-root', s0: 2, s1: 12 },
      weighting: { kind: 'uniform' },
    });
    expect(plan.recipe.optimizer).toEqual({
      kind: 'radam',
      variant: 'optax',
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
    });
    expect(plan.asRun).toEqual({ steps: 48, batchImages: 4, s0: 2, s1: 12, samplingEmaDecay: 0.9 });
    expect({ steps, snapshots }).toEqual({ steps: 24, snapshots: [8, 24] });
    expect(undetermined).toContain('AttnBlockpp_0/NIN_1/b');
  });

  it('is iCT with c per root of d, inverse gaps and the doubling curriculum', () => {
    const { method, tuning } = readTrajectory(ict).plan.recipe;
    expect(method.teacher).toEqual({ kind: 'stop-gradient' });
    expect(method.weighting).toEqual({ kind: 'inverse-gap' });
    expect(method.curriculum).toEqual({ kind: 'doubling', s0: 10, s1: 80 });
    expect(method.distance).toMatchObject({ kind: 'pseudo-huber' });
    expect((method.distance as { cPerSqrtDim: number }).cPerSqrtDim).toBeCloseTo(0.000_54, 12);
    expect(tuning.fourierScale).toBe(0.02);
  });

  it('has labels, torch layouts and the torch form of RAdam for the class-conditional ADM', () => {
    const { plan, layout } = readTrajectory(adm);
    expect(plan.recipe.network).toMatchObject({ kind: 'adm', resolution: 8, classes: 5, attentionResolutions: [4] });
    expect(plan.recipe.optimizer.variant).toBe('torch');
    expect(layout.imageAxes).toEqual([0, 2, 3, 1]);
  });

  it.each([
    ['average of past students, decay mu(k), paper convention exp(s0*ln(mu0)/N)', 'paper'],
    ['mu = exp(s0 * ln(mu0) / N)', 'paper'],
    ['mu = exp(s0 * ln(mu0) / (N - 1))', 'code'],
    [undefined, 'code'],
  ])('takes the decay of the teacher from the words %j', (teacher, convention) => {
    expect(readTrajectory(changed(ct, { teacher })).plan.recipe.method.teacher).toMatchObject({ convention });
  });

  it.each([
    ['one', 'uniform'],
    ['uniform', 'uniform'],
    ['inverse-gap', 'inverse-gap'],
  ])('takes the weighting %s', (weighting, kind) => {
    expect(readTrajectory(changed(ct, { weighting })).plan.recipe.method.weighting).toEqual({ kind });
  });

  it.each([
    [ct, { network: 'ddpmpp' }, 'network'],
    [ct, { method: 'cd' }, 'method'],
    [ct, { metric: 'lpips' }, 'metric'],
    [ct, { metric: 'pseudo-huber', c: undefined, reduction: undefined }, 'c'],
    [ct, { radam: 'adamw' }, 'radam'],
    [ct, { beta2: '0.999' }, 'beta2'],
    [ct, { weightDecay: 0.001 }, 'weightDecay'],
    [ct, { dropout: 0.1 }, 'dropout'],
    [ct, { curriculum: 'exponential' }, 'curriculum'],
    [ct, { weighting: 'karras' }, 'weighting'],
    [ct, { teacher: 'an average with decay 0.5' }, 'teacher'],
    [ct, { mu0: undefined }, 'mu0'],
    [ct, { reduction: 'sum over pixels; mean over the batch' }, 'reduction'],
    [ict, { reduction: 'mean over pixels and channels per image; mean over the batch' }, 'reduction'],
    [ct, { order: ['samplingEma <- average of theta_new', 'RAdam'] }, 'order'],
    [ct, { order: ['RAdam', 'teacher <- mu*teacher + (1-mu)*theta'] }, 'order'],
    [ct, { conditioning: 'ln(sigma)' }, 'conditioning'],
    [adm, { groupNormEpsilon: 1e-6 }, 'groupNormEpsilon'],
    [ct, { totalSteps: 23 }, 'totalSteps'],
    [ct, { batch: 8 }, 'batch'],
    [ct, { snapshots: [8, 25] }, 'snapshots'],
    [ct, { undetermined: ['Conv_99/bias'] }, 'undetermined'],
    [ct, { frozen: 'all' }, 'frozen'],
    [ct, { layout: { images: 'CHWN' } }, 'layout'],
  ] as const)('refuses by name what it has no computation for: %#', (reference, change, name) => {
    const read = () => readTrajectory(changed(reference, change));
    expect(read).toThrow(MalformedCaseError);
    expect(read).toThrow(`case.json at config.${name}: got `);
  });
});
