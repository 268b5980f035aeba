/** @file The recipes of the project against the published tables, and what must hold for all of them. */
import { describe, expect, it } from 'vitest';
import { fingerprint } from '../../harness/core/canonical-json.ts';
import { doublingStageSteps, taughtIntervals } from '../../harness/method/curriculum.ts';
import { projectedLevel } from '../../harness/method/sampling.ts';
import { choiceNames, diffRecipes } from '../../harness/recipe/diff.ts';
import type { DatasetId } from '../../harness/recipe/dataset.ts';
import type { Recipe } from '../../harness/recipe/types.ts';
import * as cifar10 from '../../recipes/cifar10.ts';
import * as imagenet64 from '../../recipes/imagenet64.ts';
import { families, ladders, leftOut, mainRecipes, recipes } from '../../recipes/index.ts';
import { papers } from '../../recipes/papers/index.ts';
import { scales } from '../../recipes/scales.ts';
import * as shapes from '../../recipes/shapes.ts';
import { planOf } from '../plan/fixtures.ts';

const datasets: readonly DatasetId[] = ['shapes', 'cifar10', 'imagenet64'];

describe('the recipes', () => {
  it('are filed under their own id, each once, and name their data set first', () => {
    for (const [id, recipe] of Object.entries(recipes)) {
      expect(recipe.id).toBe(id);
      expect(id.startsWith(`${recipe.data.dataset}-`)).toBe(true);
    }
    const fingerprints = Object.values(recipes).map(fingerprint);
    expect(new Set(fingerprints).size).toBe(fingerprints.length);
  });

  it('are frozen', () => {
    expect(
      Object.values(recipes).every((recipe) => Object.isFrozen(recipe) && Object.isFrozen(recipe.method.teacher)),
    ).toBe(true);
  });

  it('declare what the sources leave open', () => {
    for (const recipe of Object.values(recipes)) expect(recipe.deviations.length).toBeGreaterThan(0);
  });

  it('state CT as in table 3 of Song et al. 2023', () => {
    const row = ({ tuning, method }: Recipe) => {
      if (method.teacher.kind !== 'ema') throw new Error('CT has a teacher of its own');
      const { learningRate, batchImages, samplingEmaDecay, steps, dropout } = tuning;
      return [
        learningRate,
        batchImages,
        method.teacher.mu0,
        method.curriculum.s0,
        method.curriculum.s1,
        samplingEmaDecay,
        steps,
        dropout,
      ];
    };
    expect(row(cifar10.ct)).toEqual([4e-4, 512, 0.9, 2, 150, 0.9999, 800_000, 0]);
    expect(row(imagenet64.ctPaperRate)).toEqual([8e-6, 2048, 0.95, 2, 200, expect.closeTo(0.999943, 6), 800_000, 0]);
  });

  it('state iCT as in table 1 of Song & Dhariwal 2023, alike on both data sets', () => {
    expect(cifar10.ict.method).toEqual({
      teacher: { kind: 'stop-gradient' },
      distance: { kind: 'pseudo-huber', cPerSqrtDim: 0.00054 },
      noise: { kind: 'lognormal', pMean: -1.1, pStd: 2 },
      curriculum: { kind: 'doubling', s0: 10, s1: 1280 },
      weighting: { kind: 'inverse-gap' },
    });
    expect(imagenet64.ict.method).toEqual(cifar10.ict.method);
    expect(cifar10.ict.tuning).toMatchObject({
      batchImages: 1024,
      dropout: 0.3,
      dropoutMaxResolution: null,
      fourierScale: 0.02,
    });
    expect(imagenet64.ict.tuning).toMatchObject({
      batchImages: 4096,
      dropout: 0.2,
      dropoutMaxResolution: 16,
      learningRate: 1e-4,
    });
    expect(imagenet64.ict.network).toMatchObject({ scaleShiftNorm: false });
  });

  it('see as many images with CT and iCT on CIFAR-10', () => {
    const images = ({ tuning }: Recipe) => tuning.steps * tuning.batchImages;
    expect([images(cifar10.ct), images(cifar10.ict)]).toEqual([409_600_000, 409_600_000]);
  });

  it('average samples over the published half-lives, in steps', () => {
    const halfLife = ({ tuning }: Recipe) => Math.log(0.5) / Math.log(tuning.samplingEmaDecay);
    const steps = [cifar10.ct, imagenet64.ct, cifar10.ict, imagenet64.ict].map(halfLife).map(Math.round);
    expect(steps).toEqual([6931, 12207, 9902, 23105]);
  });

  it('double the blocks in the deep variants and change nothing else', () => {
    for (const { ict, ictDeep } of [cifar10, imagenet64]) {
      const { choices, tuning, other } = diffRecipes(ict, ictDeep);
      expect([choices, tuning]).toEqual([[], []]);
      expect(other).toEqual([
        { path: 'network.blocksPerLevel', from: ict.network.blocksPerLevel, to: 2 * ict.network.blocksPerLevel },
      ]);
    }
  });

  it('keep the other readings to the one number that they read differently, and drop its declaration', () => {
    const readings = [
      [cifar10.ct, cifar10.ctPaperMu],
      [imagenet64.ct, imagenet64.ctPaperMu],
      [imagenet64.ct, imagenet64.ctPaperRate],
    ] as const;
    for (const [ct, other] of readings) {
      const difference = diffRecipes(ct, other);
      expect(difference.choices.length + difference.tuning.length + difference.other.length).toBe(1);
      expect(other.deviations.length).toBe(ct.deviations.length - 1);
    }
  });

  it("have the settings of iCT's ablations, which are the batch and the sampling average of CT", () => {
    const { choices, tuning, other } = diffRecipes(cifar10.ict, cifar10.ictAblation);
    expect([choices, other]).toEqual([[], []]);
    expect(tuning.map(({ name, to }) => [name, to])).toEqual([
      ['batchImages', cifar10.ct.tuning.batchImages],
      ['samplingEmaDecay', cifar10.ct.tuning.samplingEmaDecay],
    ]);
    expect(cifar10.ictAblation.deviations.filter(({ what }) => /1024|0\.99993/.test(what))).toEqual([]);
  });

  it('have the stabilised iCT of an independent reproduction beside the literal one', () => {
    const { choices, tuning, other } = diffRecipes(imagenet64.ict, imagenet64.ictBcm);
    expect([choices, tuning]).toEqual([[], []]);
    // iCT/scripts/ict_imagenet64_no32_qkv_4096.sh, iCT/cm/unet.py and iCT/scripts/image_sample.py of Mosasaur5526/BCM-iCT-torch 5ab5e76.
    expect(Object.fromEntries(other.map(({ path, to }) => [path, to]))).toEqual({
      'network.attentionResolutions': [16, 8],
      'network.qkvNorm': true,
      'network.dropoutBy': 'block-input',
      'sampling.midSigma': 0.7,
      'sampling.clip': false,
    });
    const values = papers.otherWorks.filter(({ work }) => work === 'BCM iCT').map(({ nfe, value }) => [nfe, value]);
    expect(values).toEqual([
      [1, 4.6],
      [2, 3.4],
    ]);
  });

  // What an outside reading of the recipes found to be open or departed from.
  it.each([
    ['cifar10-ct', /last checkpoint is scored; .* presumably that of step 740,000/],
    ['cifar10-ct', /not finite stops the run/],
    ['cifar10-ict', /clipped to \[-1, 1\] after every step of the sampler, bytes truncated/],
    ['cifar10-ict', /NCSN\+\+ of CT, channel multipliers \(2, 2, 2\), and CT's starting weights/],
    ['cifar10-ict', /batch 1024, 400,000 steps/],
    ['cifar10-ict', /on a GPU matrix products take TensorFloat-32/],
    ['imagenet64-ct', /ends after 800,000 steps and the last checkpoint is scored/],
    ['imagenet64-ct', /not finite stops the run/],
    ['imagenet64-ct', /precision and recall in float64/],
    ['imagenet64-ct', /no half precision/],
    ['imagenet64-ict', /clipped to \[-1, 1\] after every step of the sampler, bytes truncated/],
    ['imagenet64-ict', /in the block that enters 16x16, not in the one that leaves it/],
    ['imagenet64-ict', /batch 4096/],
    ['imagenet64-ict-bcm', /dropout by the input of a block/],
    ['shapes-ct', /form of LPIPS on six convolutions .* in place of LPIPS on VGG16/],
    ['shapes-ct', /learning rate 1e-3 in place of 4e-4/],
    ['shapes-ct-l2', /squared l2 in place of LPIPS/],
    ['shapes-ct', /0\.965 for CT and 0\.848 for iCT/],
  ])('declare: %s, %s', (id, what) => {
    expect(recipes[id]!.deviations.filter((deviation) => what.test(deviation.what))).toHaveLength(1);
  });

  it('declare of the twin the second level that its last grids have', () => {
    const used = [shapes.ct, shapes.ict].map(
      ({ levels, method }) => projectedLevel(0.821, method.curriculum.s1 + 1, levels).sigma,
    );
    expect(used).toEqual([expect.closeTo(0.965, 3), expect.closeTo(0.848, 3)]);
  });

  it('name in their declarations only recipes that exist', () => {
    const named = Object.values(recipes).flatMap(({ deviations }) =>
      deviations.flatMap(
        ({ what, why, source }) =>
          `${what} ${why} ${source}`.match(/\b(cifar10|imagenet64|shapes)-[a-z-]*[a-z]/g) ?? [],
      ),
    );
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((id) => recipes[id] === undefined)).toEqual([]);
  });

  it('keep every number of the twin of iCT as it was when its committed results were made; its words have changed since', () => {
    const { method, tuning, levels, network, optimizer, data, sampling } = shapes.ict;
    // Origin: the same sections of the recipe in reports/shapes-twin/shapes-ict-seed1/result.json.
    expect(fingerprint({ method, tuning, levels, network, optimizer, data, sampling })).toBe(
      'bff951fe6b1ff0663e0002cee555f0265a7a9169e4641438b26ead4db36efb0d',
    );
    expect(shapes.ict.version).toBe(1);
    // A run that was registered with other words is refused: whoever changes them changes this line knowingly.
    expect(fingerprint(shapes.ict)).toBe('c094d3545a9d5b0c547449c6a831064d103f55b1cb534cd42048549ecb874b48');
  });

  it('say of the twin of iCT in what it differs from each twin of CT, and in nothing else', () => {
    expect(
      diffRecipes(shapes.ctL2, shapes.ict)
        .tuning.map(({ name }) => name)
        .sort(),
    ).toEqual(['fourierScale', 'learningRate']);
    expect(shapes.ict.deviations.map(({ why }) => why).join(' ')).toContain(
      'only the noise embedding differs from shapes-ct, and from its twin with squared l2 the learning rate too',
    );
  });

  it('tune the twins of CT and iCT alike but for the noise embedding, which differs in the papers too', () => {
    expect(diffRecipes(shapes.ct, shapes.ict).tuning).toEqual([{ name: 'fourierScale', from: 16, to: 0.02 }]);
    expect(diffRecipes(shapes.ct, shapes.ict).other).toEqual([]);
  });

  it('keep version 1 of the twin of CT, with squared l2, under a name of its own', () => {
    const difference = diffRecipes(shapes.ct, shapes.ctL2);
    expect(difference).toEqual({
      choices: [{ choice: 'distance', from: shapes.ct.method.distance, to: { kind: 'squared-l2' } }],
      tuning: [{ name: 'learningRate', from: 1e-3, to: 4e-4 }],
      other: [],
    });
    const { method, tuning, levels, network, optimizer, data, sampling } = shapes.ctL2;
    // Origin: the same sections of the recipe in reports/shapes-twin/shapes-ct-seed1/result.json.
    expect(fingerprint({ method, tuning, levels, network, optimizer, data, sampling })).toBe(
      '4dbcd7c7c56ca74a2e9637e044d8420266208a19eb0a6b655d181d9c2dd4bb6f',
    );
  });

  it('run the twin through the same five choices', () => {
    expect(diffRecipes(shapes.ct, shapes.ict).choices.map(({ to }) => to.kind)).toEqual(
      diffRecipes(cifar10.ct, cifar10.ict).choices.map(({ to }) => to.kind),
    );
  });
});

describe('the ladders', () => {
  it.each(datasets)('climb from CT to iCT one choice at a time: %s', (dataset) => {
    const rungs = ladders[dataset];
    expect([rungs[0]!.recipe, rungs.at(-1)!.recipe]).toEqual(mainRecipes[dataset]);
    expect(rungs.map(({ change }) => change)).toEqual([
      'base',
      'tuning',
      'weighting',
      'teacher',
      'distance',
      'curriculum',
      'noise',
    ]);
    rungs.slice(1).forEach(({ change, recipe }, i) => {
      const { choices, tuning, other } = diffRecipes(rungs[i]!.recipe, recipe);
      if (change === 'tuning') {
        expect(choices).toEqual([]);
        return;
      }
      expect(choices.map(({ choice }) => choice)).toEqual([change]);
      expect([tuning, other]).toEqual([[], []]);
    });
  });

  it('share their ends with the main recipes', () => {
    expect(ladders.cifar10[0]!.recipe).toBe(cifar10.ct);
    expect(ladders.cifar10.at(-1)!.recipe).toBe(cifar10.ict);
  });

  it.each(datasets)('are left the other way too: iCT without one choice, all else as it is: %s', (dataset) => {
    const [ct, ict] = mainRecipes[dataset];
    expect(leftOut[dataset].map(({ choice }) => choice)).toEqual(choiceNames);
    for (const { choice, recipe } of leftOut[dataset]) {
      expect(recipe.id).toBe(`${ict.id}-without-${choice}`);
      expect(diffRecipes(recipe, ict)).toEqual({
        choices: [{ choice, from: ct.method[choice], to: ict.method[choice] }],
        tuning: [],
        other: [],
      });
    }
  });

  it.each(datasets)('train nothing twice: the rung below iCT is iCT without the last choice: %s', (dataset) => {
    expect(ladders[dataset].at(-2)!.recipe).toBe(leftOut[dataset].at(-1)!.recipe);
    const own = [...families[dataset].ladder, ...families[dataset]['leave-one-out']];
    const unnamed = { id: undefined, version: undefined, source: undefined, deviations: undefined };
    const numbers = [...new Set(own)].map((recipe) => fingerprint({ ...recipe, ...unnamed }));
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(numbers).toHaveLength(7 + 4);
  });
});

describe('the scales', () => {
  it('are filed under their own id, and only paper and twin cut nothing', () => {
    for (const dataset of datasets) {
      for (const [id, scale] of Object.entries(scales[dataset])) {
        expect(scale.id).toBe(id);
        const uncut = [scale.steps, scale.batchImages, scale.maxIntervals, scale.samplingEmaDecay].every(
          (value) => value === null,
        );
        expect(uncut).toBe(id === 'paper' || id === 'twin');
      }
    }
  });

  it('of the ladder cut every recipe alike, and no curriculum: the last stage of CT is taught, those of iCT are long enough', () => {
    const asRun = [...ladders.shapes.map(({ recipe }) => recipe), shapes.ctL2].map(
      (recipe) => planOf({ recipe, scale: scales.shapes.ladder! }).asRun,
    );
    expect(new Set(asRun.map(({ steps, batchImages }) => `${steps} x ${batchImages}`))).toEqual(new Set(['2000 x 16']));
    // A half-life of 2.3 % of the run, as in the recipe: 0.99^(3000 / 2000).
    for (const { samplingEmaDecay } of asRun) expect(samplingEmaDecay).toBeCloseTo(0.985_037_5, 6);
    expect(new Set(asRun.map(({ s1 }) => s1))).toEqual(new Set([15, 80]));
    expect(taughtIntervals(0.9, 2, 2_000, 5)).toBeGreaterThanOrEqual(15);
    expect(doublingStageSteps(10, 80, 2_000)).toBe(500);
  });

  it('of the paper score the 50,000 samples that published FIDs are made of', () => {
    expect([scales.cifar10.paper!.sampleImages, scales.imagenet64.paper!.sampleImages]).toEqual([50_000, 50_000]);
  });
});
