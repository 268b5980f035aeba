/**
 * @file Table of the numbers that iCT publishes (Song & Dhariwal 2023, arXiv:2310.14189).
 *
 * Those of its tables are known from later work, or recalled.
 */
import type { Claim, PublishedMachines, RatioClaim } from '../../harness/recipe/claim.ts';
import { claim, unsaid, type RepeatedWork } from './published-number.ts';

const ictPaper = 'Song & Dhariwal 2023, arXiv:2310.14189';
export const ictAbstract = `${ictPaper}, abstract`;
const ictTables = `${ictPaper}, tables 2 and 3`;
export const scmTable = 'Lu & Song 2024, arXiv:2410.11081, table 1';

const cifar = {
  work: 'iCT',
  dataset: 'cifar10',
  recipeId: 'cifar10-ict',
  bestOf: null,
  selection: unsaid,
} satisfies RepeatedWork;
const deepCifar = { ...cifar, work: 'iCT-deep', recipeId: 'cifar10-ict-deep' } satisfies RepeatedWork;
const imagenet = { ...cifar, dataset: 'imagenet64', recipeId: 'imagenet64-ict' } satisfies RepeatedWork;
const deepImagenet = { ...imagenet, work: 'iCT-deep', recipeId: 'imagenet64-ict-deep' } satisfies RepeatedWork;

export const ictClaims: readonly Claim[] = [
  claim(cifar, 1, 'fid50k', 2.83, scmTable),
  claim(cifar, 1, 'is50k', 9.54, ictTables, 'memory'),
  claim(cifar, 2, 'fid50k', 2.46, scmTable),
  claim(cifar, 2, 'is50k', 9.8, ictTables, 'memory'),
  claim(deepCifar, 1, 'fid50k', 2.51, `${ictAbstract}; ${scmTable}`),
  claim(deepCifar, 1, 'is50k', 9.76, ictTables, 'memory'),
  claim(deepCifar, 2, 'fid50k', 2.24, `${ictAbstract}; ${scmTable}`),
  claim(deepCifar, 2, 'is50k', 9.89, ictTables, 'memory'),

  claim(imagenet, 1, 'fid50k', 4.02, scmTable),
  claim(imagenet, 1, 'precision50k', 0.7, ictTables, 'memory'),
  claim(imagenet, 1, 'recall50k', 0.63, ictTables, 'memory'),
  claim(imagenet, 2, 'fid50k', 3.2, scmTable),
  claim(imagenet, 2, 'precision50k', 0.73, ictTables, 'memory'),
  claim(imagenet, 2, 'recall50k', 0.63, ictTables, 'memory'),
  claim(deepImagenet, 1, 'fid50k', 3.25, `${ictAbstract}; ${scmTable}`),
  claim(deepImagenet, 1, 'precision50k', 0.72, ictTables, 'memory'),
  claim(deepImagenet, 1, 'recall50k', 0.63, ictTables, 'memory'),
  claim(deepImagenet, 2, 'fid50k', 2.77, `${ictAbstract}; ${scmTable}`),
  claim(deepImagenet, 2, 'precision50k', 0.74, ictTables, 'memory'),
  claim(deepImagenet, 2, 'recall50k', 0.62, ictTables, 'memory'),
];

/** The improvement of one-step FID over CT, as the abstract states it. */
export const ictRatios: readonly RatioClaim[] = [
  {
    id: 'cifar10-ict-deep-over-ct/fid50k/nfe1',
    dataset: 'cifar10',
    says: 'iCT-deep improves the one-step FID of CT 3.5 times',
    over: 'cifar10-ct/fid50k/nfe1',
    under: 'cifar10-ict-deep/fid50k/nfe1',
    factor: 3.5,
    source: ictAbstract,
    confidence: 'text',
  },
  {
    id: 'imagenet64-ict-deep-over-ct/fid50k/nfe1',
    dataset: 'imagenet64',
    says: 'iCT-deep improves the one-step FID of CT 4 times',
    over: 'imagenet64-ct/fid50k/nfe1',
    under: 'imagenet64-ict-deep/fid50k/nfe1',
    factor: 4,
    source: ictAbstract,
    confidence: 'text',
  },
];

/** What iCT publishes about cost, as far as it is known. */
export const ictMachines: readonly PublishedMachines[] = ['cifar10-ict', 'imagenet64-ict'].map((recipeId) => ({
  recipeId,
  machines: 'a cluster of A100',
  hours: null,
  source: ictPaper,
  confidence: 'memory',
}));
