/** @file The numbers that CT publishes (Song et al. 2023, arXiv:2303.01469). */
import type { Claim, PublishedMachines } from '../../harness/recipe/claim.ts';
import { claim, type RepeatedWork } from './published-number.ts';

export const ctPaper = 'Song et al. 2023, arXiv:2303.01469';

/**
 * The released evaluation of CIFAR-10 (`launch.sh` 55-58) names checkpoint 74 of 80, where that of distillation names the last: the checkpoint
 * was chosen, by a rule that is not published. Nowhere does it say how often a checkpoint was evaluated.
 */
const cifar = {
  work: 'CT',
  dataset: 'cifar10',
  recipeId: 'cifar10-ct',
  bestOf: null,
  selection:
    'a chosen checkpoint: the released evaluation names number 74 of 80, presumably that of step 740,000; by which rule, and how often it was evaluated, is not published',
} satisfies RepeatedWork;

const imagenet = {
  work: 'CT',
  dataset: 'imagenet64',
  recipeId: 'imagenet64-ct',
  bestOf: null,
  selection: 'neither the checkpoint nor the number of evaluations is published',
} satisfies RepeatedWork;

export const ctClaims: readonly Claim[] = [
  claim(cifar, 1, 'fid50k', 8.7, `${ctPaper}, table 1`),
  claim(cifar, 1, 'is50k', 8.49, `${ctPaper}, table 1`),
  claim(cifar, 2, 'fid50k', 5.83, `${ctPaper}, table 1`),
  claim(cifar, 2, 'is50k', 8.85, `${ctPaper}, table 1`),

  claim(imagenet, 1, 'fid50k', 13.0, `${ctPaper}, table 2`),
  claim(imagenet, 1, 'precision50k', 0.71, `${ctPaper}, table 2`),
  claim(imagenet, 1, 'recall50k', 0.47, `${ctPaper}, table 2`),
  claim(imagenet, 2, 'fid50k', 11.1, `${ctPaper}, table 2`),
  claim(imagenet, 2, 'precision50k', 0.69, `${ctPaper}, table 2`, 'memory'),
  claim(imagenet, 2, 'recall50k', 0.56, `${ctPaper}, table 2`, 'memory'),
];

/** What CT publishes about cost: machines, never hours. */
export const ctMachines: readonly PublishedMachines[] = [
  { recipeId: 'cifar10-ct', machines: '8 A100', hours: null, source: `${ctPaper}, table 3`, confidence: 'text' },
  { recipeId: 'imagenet64-ct', machines: '64 A100', hours: null, source: `${ctPaper}, table 3`, confidence: 'text' },
];
