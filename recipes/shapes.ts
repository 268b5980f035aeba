/** @file The embedded twin: CT and iCT on generated 16x16 shapes, the same code path in minutes on a CPU. */
import { defineRecipe, derive } from '../harness/recipe/derive.ts';
import type { Deviation } from '../harness/recipe/types.ts';

/** What CT departs from whatever its distance. */
const scaledDown: readonly Deviation[] = [
  {
    what: 's1 15 in place of 150, 3,000 steps in place of 800,000',
    why: 'the number of levels must not outgrow what the length of the run can teach',
    source: 'recipes/README.md, "The twin: what was tried"',
  },
  {
    what: 'batch 64 in place of 512 (iCT: 1024), sampling average 0.99 in place of 0.9999 (iCT: 0.99993)',
    why: 'the length of the run: the average has a half-life of 2.3 % of it',
    source: 'recipes/scales.ts',
  },
  {
    what: 'second level 0.821 in two-step sampling: the nearest level of the last grid, 0.965 for CT and 0.848 for iCT',
    why: 'the level that iCT uses on CIFAR-10; it is not searched, so that neither method is tuned for it',
    source: 'cifar10-ict',
  },
  {
    what: 'mu(k) = exp(s0 ln mu0 / (N(k) - 1)) in place of the printed exp(s0 ln mu0 / N(k))',
    why: 'as in cifar10-ct',
    source: 'openai/consistency_models_cifar10 jcm/losses.py 924-927',
  },
];

export const ct = defineRecipe({
  id: 'shapes-ct',
  version: 2,
  source: 'cifar10-ct with everything scaled to 16x16 shapes and 3,000 steps; no published counterpart',
  method: {
    teacher: { kind: 'ema', mu0: 0.9, convention: 'code' },
    distance: { kind: 'perceptual', features: 'shapes-encoder-1' },
    noise: { kind: 'uniform' },
    curriculum: { kind: 'square-root', s0: 2, s1: 15 },
    weighting: { kind: 'uniform' },
  },
  tuning: {
    steps: 3_000,
    batchImages: 64,
    learningRate: 1e-3,
    dropout: 0,
    dropoutMaxResolution: null,
    fourierScale: 16,
    samplingEmaDecay: 0.99,
  },
  levels: { sigmaMin: 0.002, sigmaMax: 80, rho: 7, sigmaData: 0.5 },
  network: {
    kind: 'ncsnpp',
    resolution: 16,
    baseChannels: 16,
    channelMultipliers: [1, 2],
    blocksPerLevel: 2,
    attentionResolutions: [8],
  },
  optimizer: { kind: 'radam', variant: 'optax', beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
  data: { dataset: 'shapes', horizontalFlip: 0 },
  sampling: { midSigma: 0.821, clip: true, quantise: 'truncate' },
  deviations: [
    {
      what: 'the form of LPIPS on six convolutions that were trained here on shapes, all channels weighted alike, in place of LPIPS on VGG16',
      why: 'VGG16 needs downloaded weights and 15 GMAC per image in each of three passes, thousands of times this network, and it never saw 16x16 shapes',
      source: 'Zhang et al. 2018, equation 1; recipes/README.md',
    },
    {
      what: 'learning rate 1e-3 in place of 4e-4',
      why: 'the run is short; of the two 1e-3 is better with this distance, and it is that of shapes-ict',
      source: 'recipes/README.md, "The twin: what was tried"',
    },
    ...scaledDown,
  ],
});

/** Version 1 of shapes-ct: with the distance of pixels, and the rate that is best for it. */
export const ctL2 = derive(ct, {
  id: 'shapes-ct-l2',
  version: 1,
  source: 'shapes-ct with squared l2, which Song et al. 2023 compare LPIPS with; no published counterpart',
  method: { distance: { kind: 'squared-l2' } },
  tuning: { learningRate: 4e-4 },
  deviations: [
    {
      what: 'squared l2 in place of LPIPS',
      why: 'LPIPS needs downloaded weights and three passes of 15 GMAC per image, far more than this network; the twin runs on a laptop',
      source: 'Song et al. 2023, section 4, which compares both',
    },
    ...scaledDown,
  ],
});

export const ict = derive(ct, {
  id: 'shapes-ict',
  version: 1,
  source: 'cifar10-ict with everything scaled to 16x16 shapes and 3,000 steps; no published counterpart',
  method: {
    teacher: { kind: 'stop-gradient' },
    distance: { kind: 'pseudo-huber', cPerSqrtDim: 0.000_54 },
    noise: { kind: 'lognormal', pMean: -1.1, pStd: 2.0 },
    curriculum: { kind: 'doubling', s0: 10, s1: 80 },
    weighting: { kind: 'inverse-gap' },
  },
  tuning: { fourierScale: 0.02 },
  deviations: [
    {
      what: 's1 80 in place of 1280 (four stages in place of eight), 3,000 steps in place of 400,000',
      why: 'the number of levels must not outgrow what the length of the run can teach',
      source: 'recipes/README.md, "The twin: what was tried"',
    },
    {
      what: 'learning rate 1e-3 in place of 1e-4',
      why: '3,000 steps in place of 400,000; 5e-4 did about as well. shapes-ct has the same rate, its twin with squared l2 the best of three, 4e-4',
      source: 'recipes/README.md, "The twin: what was tried"',
    },
    {
      what: 'no dropout, and the batch and sampling average of shapes-ct',
      why: 'so short a run does not overfit; beside the five choices, only the noise embedding differs from shapes-ct, and from its twin with squared l2 the learning rate too',
      source: 'recipes/README.md, "The twin: what was tried"',
    },
  ],
});
