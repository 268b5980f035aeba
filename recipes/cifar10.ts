/** @file CIFAR-10, unconditional: CT, iCT, iCT-deep and the other readings of what the papers leave open. */
import { defineRecipe, derive } from '../harness/recipe/derive.ts';

export const ct = defineRecipe({
  id: 'cifar10-ct',
  version: 1,
  source: 'Song et al. 2023, arXiv:2303.01469, table 3 and appendix C; openai/consistency_models_cifar10 d086e77',
  method: {
    teacher: { kind: 'ema', mu0: 0.9, convention: 'code' },
    distance: { kind: 'lpips', pooling: 'max' },
    noise: { kind: 'uniform' },
    curriculum: { kind: 'square-root', s0: 2, s1: 150 },
    weighting: { kind: 'uniform' },
  },
  tuning: {
    steps: 800_000,
    batchImages: 512,
    learningRate: 4e-4,
    dropout: 0,
    dropoutMaxResolution: null,
    fourierScale: 16,
    samplingEmaDecay: 0.9999,
  },
  levels: { sigmaMin: 0.002, sigmaMax: 80, rho: 7, sigmaData: 0.5 },
  network: {
    kind: 'ncsnpp',
    resolution: 32,
    baseChannels: 128,
    channelMultipliers: [2, 2, 2],
    blocksPerLevel: 4,
    attentionResolutions: [16],
  },
  optimizer: { kind: 'radam', variant: 'optax', beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
  data: { dataset: 'cifar10', horizontalFlip: 0.5 },
  sampling: { midSigma: null, clip: true, quantise: 'truncate' },
  deviations: [
    {
      what: 'mu(k) = exp(s0 ln mu0 / (N(k) - 1)) in place of the printed exp(s0 ln mu0 / N(k))',
      why: 'both released code bases compute it so, and the published checkpoints presumably came from them',
      source: 'openai/consistency_models_cifar10 jcm/losses.py 924-927; the printed form is cifar10-ct-paper-mu',
    },
    {
      what: 'N(k) and the RAdam rectification in float64',
      why: 'the JAX code uses float32: another N at 7 of 800,001 steps, and r_6 1.2 % too small',
      source: 'openai/consistency_models_cifar10 jcm/losses.py 908-927; google-deepmind/optax scale_by_radam',
    },
    {
      what: 'the last checkpoint is scored; the published FID is presumably that of step 740,000 of 800,000',
      why: 'the released evaluation names checkpoint 74 of 80, a selection; the curve shows every scored step beside the last',
      source: 'openai/consistency_models_cifar10 launch.sh 55-58',
    },
    {
      what: 'the second level of two-step sampling is searched',
      why: 'the paper does not publish it for CT on CIFAR-10',
      source: 'Song et al. 2023, appendix C',
    },
    {
      what: 'a loss that is not finite stops the run',
      why: 'the released code drops such images from the mean without a word',
      source: 'openai/consistency_models_cifar10 jcm/losses.py 371 (nansum)',
    },
  ],
});

export const ict = derive(ct, {
  id: 'cifar10-ict',
  version: 1,
  source: 'Song & Dhariwal 2023, arXiv:2310.14189, table 1',
  method: {
    teacher: { kind: 'stop-gradient' },
    distance: { kind: 'pseudo-huber', cPerSqrtDim: 0.000_54 },
    noise: { kind: 'lognormal', pMean: -1.1, pStd: 2.0 },
    curriculum: { kind: 'doubling', s0: 10, s1: 1280 },
    weighting: { kind: 'inverse-gap' },
  },
  tuning: {
    steps: 400_000,
    batchImages: 1024,
    learningRate: 1e-4,
    dropout: 0.3,
    fourierScale: 0.02,
    samplingEmaDecay: 0.999_93,
  },
  sampling: { midSigma: 0.821 },
  deviations: [
    {
      what: 'batch 1024, 400,000 steps, Fourier scale 0.02, sampling average 0.99993; rate 1e-4 and dropout 0.3',
      why: 'read in later work (the rate on ImageNet 64x64 alone, the dropout recalled), not in the paper, whose authors released no code',
      source:
        'locuslab/ect README; sony/vct conf/model/ict.yaml; huggingface/diffusers examples/research_projects/consistency_training; Mosasaur5526/BCM-iCT-torch',
    },
    {
      what: 'RAdam betas 0.9 and 0.999, epsilon 1e-8, in the optax form of CT',
      why: 'iCT publishes the optimizer and its rate, not these',
      source: 'openai/consistency_models_cifar10 configs/default_cifar10_configs.py 60-66',
    },
    {
      what: 'loss averaged over the batch; horizontal flips with probability 0.5; no gradient clipping',
      why: 'iCT does not say; CT does so',
      source: 'openai/consistency_models_cifar10 jcm/datasets.py 76, jcm/losses.py 371',
    },
    {
      what: 'noise embedded as ln(sigma) / 4, boundary kept at sigmaMin 0.002',
      why: 'iCT does not say; CT and every public reimplementation do so',
      source: 'openai/consistency_models_cifar10 jcm/models/utils.py 177-206',
    },
    {
      what: 'no half precision; on a GPU matrix products take TensorFloat-32 unless --no-tf32 is given',
      why: 'iCT does not state its precision; it is a setting of the plan, and a warning stands beside every number that was not made in float32',
      source: 'Song et al. 2023, table 3 (CT on CIFAR-10: no FP16)',
    },
    {
      what: 'second level 0.821 in two-step sampling',
      why: 'it is known only from later work that says it follows iCT',
      source: 'locuslab/ect ct_train.py (mid_t); sony/vct conf/model/ict.yaml',
    },
    {
      what: 'images clipped to [-1, 1] after every step of the sampler, bytes truncated',
      why: 'iCT says neither; CT does both (ECT, a later work, clips nothing between steps and rounds)',
      source:
        'openai/consistency_models_cifar10 jcm/evaluate.py 345-346 and its notebook; locuslab/ect training/ct_training_loop.py',
    },
    {
      what: "the NCSN++ of CT, channel multipliers (2, 2, 2), and CT's starting weights",
      why: 'iCT says "NCSN++" alone; with twice the depth this one has 97.6 M parameters, where ECT reports more than 100 M for iCT-deep',
      source: 'openai/consistency_models_cifar10 configs; locuslab/ect README',
    },
    {
      what: 'the last checkpoint is scored',
      why: 'iCT does not say which was',
      source: 'Song & Dhariwal 2023',
    },
  ],
});

export const ictDeep = derive(ict, {
  id: 'cifar10-ict-deep',
  version: 1,
  source: 'Song & Dhariwal 2023, arXiv:2310.14189, table 2 (iCT-deep: twice the residual blocks per resolution)',
  network: { blocksPerLevel: 8 },
  deviations: [
    ...ict.deviations,
    {
      what: 'nothing but the depth differs from iCT, the second level 0.821 included',
      why: 'no other change is published',
      source: 'locuslab/ect README (NCSN++, twice the depth, batch 1024, 400,000 steps)',
    },
  ],
});

/** The settings of iCT's own ablations, whose results are curves without numbers: no claim judges it. */
export const ictAblation = derive(ict, {
  id: 'cifar10-ict-ablation',
  version: 1,
  source:
    'Song & Dhariwal 2023, arXiv:2310.14189, ablations of the five choices (recalled: batch 512, sampling average 0.9999)',
  tuning: { batchImages: 512, samplingEmaDecay: 0.9999 },
  deviations: [
    {
      what: '400,000 steps, rate 1e-4, dropout 0.3 and Fourier scale 0.02, as in cifar10-ict',
      why: 'of the ablations only batch and sampling average are known, and these by memory',
      source: 'cifar10-ict',
    },
    ...ict.deviations.filter(({ what }) => !what.startsWith('batch 1024')),
  ],
});

export const ctPaperMu = derive(ct, {
  id: 'cifar10-ct-paper-mu',
  version: 1,
  source: 'Song et al. 2023, arXiv:2303.01469, appendix C: mu(k) as printed',
  method: { teacher: { kind: 'ema', mu0: 0.9, convention: 'paper' } },
  deviations: ct.deviations.filter(({ what }) => !what.startsWith('mu(k)')),
});
