/**
 * @file Table of the clauses of iCT (Song & Dhariwal 2023, arXiv:2310.14189) that training depends on.
 *
 * The authors released no code and the text was not read, only its abstract: what stands here comes from texts that transcribe or quote it, from
 * the code of others, or from memory (`known`), and no place below names a section.
 */
import type { Clause } from '../../harness/recipe/clause.ts';

const recipes = 'tests/recipes/recipes.test.ts';
const table1 = `${recipes} > state iCT as in table 1`;
const step = 'tests/train/step.native.test.ts';

export const ictClauses: readonly Clause[] = [
  {
    paper: 'iCT',
    place: 'table 1, EMA decay rate for the teacher',
    says: 'mu = 0: the teacher is the student of the same step, without gradient',
    known: 'read in other texts',
    code: ['recipes/cifar10.ts#ict', 'harness/train/step.ts#passGradient', 'harness/train/loss.ts#consistencyLoss'],
    heldBy: [
      'networks/ct-loss/ict-toy-n11',
      'networks/ct-loss/ict-ncsnpp-n161',
      'tests/network/gradients.native.test.ts > the loss, whose teacher is a constant',
    ],
    deviation: null,
  },
  {
    paper: 'iCT',
    place: 'table 1, metric',
    says: 'd(x, y) = sqrt(||x - y||^2 + c^2) - c, one norm per image',
    known: 'read in other texts',
    code: ['harness/train/distance/distance.ts#pseudoHuberDistance'],
    heldBy: ['networks/ct-loss/ict-toy-n1281', 'networks/trajectory/ict-a-24-steps'],
    deviation: 'evaluated as s / (sqrt(s + c^2) + c), the same number with more digits',
  },
  {
    paper: 'iCT',
    place: 'table 1, metric',
    says: 'c = 0.00054 sqrt(d): 0.0299 on CIFAR-10, 0.0599 on ImageNet 64x64',
    known: 'read in other texts',
    code: ['harness/method/distance.ts#pseudoHuberConstant'],
    heldBy: ['tests/method/distance.test.ts > is 0.02993 on CIFAR-10', 'networks/ct-loss/ict-toy-n11'],
    deviation: null,
  },
  {
    paper: 'iCT',
    place: 'table 1, discretization curriculum',
    says: "N(k) = min(s0 2^floor(k/K'), s1) + 1, K' = floor(K / (log2 floor(s1/s0) + 1)), s0 10, s1 1280",
    known: 'read in other texts',
    code: ['harness/method/curriculum.ts#levelCount', 'harness/method/curriculum.ts#doublingStageSteps'],
    heldBy: ['networks/schedule/ict-cifar10', 'networks/schedule/ict-imagenet64', 'networks/schedule/ict-uneven'],
    deviation: null,
  },
  {
    paper: 'iCT',
    place: 'table 1, noise schedule',
    says: 'p(sigma_i) ~ erf((ln sigma_i+1 - Pmean) / (sqrt(2) Pstd)) - erf((ln sigma_i - Pmean) / (sqrt(2) Pstd)), i = 1 ... N - 1',
    known: 'read in other texts',
    code: ['harness/method/noise.ts#intervalProbabilities', 'harness/method/error-function.ts#erf'],
    heldBy: [
      'networks/schedule/noise-levels-ict',
      'tests/method/noise.test.ts > has the published distribution over 11 levels',
    ],
    deviation: null,
  },
  {
    paper: 'iCT',
    place: 'table 1, noise schedule',
    says: 'Pmean -1.1, Pstd 2.0',
    known: 'read in other texts',
    code: ['recipes/cifar10.ts#ict'],
    heldBy: [table1, 'tests/method/noise.test.ts > draws mostly low noise'],
    deviation: null,
  },
  {
    paper: 'iCT',
    place: 'table 1, weighting function',
    says: 'lambda(sigma_i) = 1 / (sigma_i+1 - sigma_i)',
    known: 'read in other texts',
    code: ['harness/method/weighting.ts#intervalWeights'],
    heldBy: ['networks/schedule/noise-levels-ict', 'networks/ct-loss/ict-toy-n1281'],
    deviation: null,
  },
  {
    paper: 'iCT',
    place: 'table 1, parametrisation and grid',
    says: 'scalings, sigmaMin 0.002, sigmaMax 80, rho 7, sigmaData 0.5 as in CT',
    known: 'read in other texts',
    code: ['harness/method/precondition.ts#consistencyScalings', 'harness/method/levels.ts#noiseLevels'],
    heldBy: ['networks/schedule/noise-levels-ict', 'networks/ct-loss/ict-ncsnpp-n161'],
    deviation: 'that ln(sigma) / 4 is kept is assumed: the paper does not say, every public reading does so',
  },
  {
    paper: 'iCT',
    place: 'table 1, loss',
    says: 'the loss of CT, mean over the batch',
    known: 'read in other texts',
    code: ['harness/train/loss.ts#consistencyLoss'],
    heldBy: ['networks/ct-loss/ict-toy-n11', 'networks/ct-loss/ict-ncsnpp-n161'],
    deviation: 'the mean is assumed, as in CT',
  },
  {
    paper: 'iCT',
    place: 'noise embedding',
    says: 'noise embedding on CIFAR-10: Fourier scale 0.02 in place of 16',
    known: 'read in other texts',
    code: ['recipes/cifar10.ts#ict', 'harness/network/ncsnpp/parameters.ts#ncsnppParameters'],
    heldBy: [
      table1,
      'tests/network/flat.test.ts > take that scale from the recipe',
      'networks/ncsnpp-dropout/given-masks-03',
    ],
    deviation: null,
  },
  {
    paper: 'iCT',
    place: 'dropout on CIFAR-10',
    says: 'dropout 0.3 on CIFAR-10, between the second normalisation and the second convolution of every block',
    known: 'recalled',
    code: ['recipes/cifar10.ts#ict', 'harness/network/dropout.ts#sharedDropout'],
    heldBy: [table1, 'networks/ncsnpp-dropout/given-masks-03', `${step} > keeps a value with probability 1 - rate`],
    deviation: null,
  },
  {
    paper: 'iCT',
    place: 'dropout',
    says: 'student and teacher share their dropout masks',
    known: 'read in other texts',
    code: ['harness/network/dropout.ts#sharedDropout', 'harness/train/step.ts#passGradient'],
    heldBy: [`${step} > has the same masks in student and teacher`],
    deviation: null,
  },
  {
    paper: 'iCT',
    place: 'dropout on ImageNet 64x64',
    says: 'dropout 0.2 where the feature map is at most 16x16',
    known: 'read in other texts',
    code: ['recipes/imagenet64.ts#ict', 'harness/network/dropout.ts#sharedDropout'],
    heldBy: [table1, `${step} > acts by the feature map that it masks`],
    deviation:
      'in a block that changes the resolution the map that dropout masks decides: the one that enters 16x16 has it, the one that leaves has none; an independent reproduction decides by the input of the block (imagenet64-ict-bcm)',
  },
  {
    paper: 'iCT',
    place: 'network on ImageNet 64x64',
    says: 'no adaptive group normalisation: the embedding is added',
    known: 'read in other texts',
    code: ['recipes/imagenet64.ts#ict', 'harness/network/adm/forward.ts#adm'],
    heldBy: [table1, 'networks/full-size/adm-ict', 'tests/network/gradients.native.test.ts > ADM, scale and shift'],
    deviation: null,
  },
  {
    paper: 'iCT',
    place: 'training',
    says: 'batch 1,024 and 400,000 steps on CIFAR-10; 4,096 and 800,000 on ImageNet 64x64; rate 1e-4, RAdam',
    known: 'read in other texts',
    code: ['recipes/cifar10.ts#ict', 'recipes/imagenet64.ts#ict'],
    heldBy: [table1, `${recipes} > see as many images with CT and iCT`],
    deviation: 'read in later work and an independent reproduction; betas and epsilon are those of CT',
  },
  {
    paper: 'iCT',
    place: 'training',
    says: 'sampling average 0.99993 on CIFAR-10, 0.99997 on ImageNet 64x64',
    known: 'read in other texts',
    code: ['recipes/cifar10.ts#ict', 'recipes/imagenet64.ts#ict'],
    heldBy: [`${recipes} > average samples over the published half-lives`],
    deviation: 'read in later work and an independent reproduction',
  },
  {
    paper: 'iCT',
    place: 'iCT-deep',
    says: 'iCT-deep: twice the residual blocks per resolution',
    known: 'read in other texts',
    code: ['recipes/cifar10.ts#ictDeep', 'recipes/imagenet64.ts#ictDeep'],
    heldBy: [
      `${recipes} > double the blocks in the deep variants`,
      'tests/network/count.test.ts > counts the parameters of the published networks',
    ],
    deviation:
      'that nothing else changes is assumed; 97.6 and 472.8 million parameters are our count, where ECT reports more than 100 million on CIFAR-10',
  },
  {
    paper: 'iCT',
    place: 'two-step sampling',
    says: 'two-step sampling with a fixed second level: 0.821 on CIFAR-10, 1.526 on ImageNet 64x64',
    known: 'read in code',
    code: ['recipes/cifar10.ts#ict', 'recipes/imagenet64.ts#ict', 'harness/sample/multistep.ts#stepNumbers'],
    heldBy: ['networks/sampler/two-step-0821', 'tests/method/sampling.test.ts > nearestLevelIndex'],
    deviation: 'both levels are known from later work that says it follows iCT',
  },
  {
    paper: 'iCT',
    place: 'tables 2 and 3',
    says: 'FID in one and two steps: 2.83 and 2.46 (CIFAR-10), 4.02 and 3.20 (ImageNet 64x64); deep 2.51, 2.24, 3.25, 2.77',
    known: 'read in other texts',
    code: ['recipes/papers/ict-claims.ts#ictClaims'],
    heldBy: [
      'tests/recipes/papers/claims.test.ts > are better with two steps than with one',
      'tests/recipes/papers/claims.test.ts > contain the improvement factors of the abstract',
    ],
    deviation: null,
  },
];
