/** @file Numbers of other works on the same data: context for a report, never judged. */
import type { PublishedNumber } from '../../harness/recipe/claim.ts';
import type { DatasetId } from '../../harness/recipe/dataset.ts';
import { ctPaper } from './ct-claims.ts';
import { scmTable } from './ict-claims.ts';
import { context, unsaid, type Work } from './published-number.ts';

function other(dataset: DatasetId, work: string, bestOf: number | null = null, selection = unsaid): Work {
  return { work, dataset, bestOf, selection };
}

const bestOfThree = 'the least of three evaluations, as in EDM';
const ectReadme = 'locuslab/ect README';
const tcmReadme = 'NVlabs/TCM README';
const bcmReadme = 'Mosasaur5526/BCM-iCT-torch README';
const sctTable = 'the table of the Stable Consistency Tuning paper, which quotes ECT';

const lastCheckpoint = 'the last checkpoint in the released evaluation; how often it was evaluated is not published';
const cdCifar = other('cifar10', 'CD', null, lastCheckpoint);
const byCtAuthors = 'evaluated by the CT authors, how often is not published';
const edmCifar = other('cifar10', 'EDM', null, byCtAuthors);
const pdCifar = other('cifar10', 'PD');
const ectCifar = (iterations: string) => other('cifar10', `ECT ${iterations}`, 3, bestOfThree);
const cdImagenet = other('imagenet64', 'CD');
const edmImagenet = other('imagenet64', 'EDM', null, byCtAuthors);
const pdImagenet = other('imagenet64', 'PD');
const bcm = other(
  'imagenet64',
  'BCM iCT',
  null,
  'attention at 32x32 removed, normalised QKV, stopped early at 680,000',
);
const bcmDeep = { ...bcm, work: 'BCM iCT-deep' };
const bcmLiteral = other(
  'imagenet64',
  'BCM literal iCT',
  null,
  'the best value before it diverges after about 620,000 steps',
);
const ectImagenet = (size: string) => other('imagenet64', `ECT-${size}`, 3, bestOfThree);

/** Distillation (CD, PD) and tuning (ECT, TCM) start from a trained diffusion model. */
export const otherWorks: readonly PublishedNumber[] = [
  context(cdCifar, 1, 'fid50k', 3.55, `${ctPaper}, table 1`),
  context(cdCifar, 1, 'is50k', 9.48, `${ctPaper}, table 1`),
  context(cdCifar, 2, 'fid50k', 2.93, `${ctPaper}, table 1`),
  context(cdCifar, 2, 'is50k', 9.75, `${ctPaper}, table 1`),
  context(edmCifar, 35, 'fid50k', 2.04, `${ctPaper}, table 1`),
  context(edmCifar, 35, 'is50k', 9.84, `${ctPaper}, table 1`),
  context(pdCifar, 1, 'fid50k', 8.34, `${ctPaper}, table 1`),
  context(pdCifar, 1, 'is50k', 8.69, `${ctPaper}, table 1`),
  context(pdCifar, 2, 'fid50k', 5.58, `${ctPaper}, table 1`),
  context(pdCifar, 2, 'is50k', 9.05, `${ctPaper}, table 1`),
  context(ectCifar('100k'), 1, 'fid50k', 4.54, ectReadme),
  context(ectCifar('100k'), 2, 'fid50k', 2.2, ectReadme),
  context(ectCifar('200k'), 1, 'fid50k', 3.86, ectReadme),
  context(ectCifar('200k'), 2, 'fid50k', 2.15, ectReadme),
  context(ectCifar('400k'), 1, 'fid50k', 3.6, ectReadme),
  context(ectCifar('400k'), 2, 'fid50k', 2.11, ectReadme),
  context(other('cifar10', 'TCM'), 1, 'fid50k', 2.46, tcmReadme),
  context(other('cifar10', 'TCM'), 2, 'fid50k', 2.05, tcmReadme),
  context(other('cifar10', 'sCT'), 1, 'fid50k', 2.85, `${scmTable} (2.97 in one version)`),
  context(other('cifar10', 'sCT'), 2, 'fid50k', 2.06, scmTable),

  context(cdImagenet, 1, 'fid50k', 6.2, `${ctPaper}, table 2`),
  context(cdImagenet, 1, 'precision50k', 0.68, `${ctPaper}, table 2`),
  context(cdImagenet, 1, 'recall50k', 0.63, `${ctPaper}, table 2`),
  context(cdImagenet, 2, 'fid50k', 4.7, `${ctPaper}, table 2`),
  context(cdImagenet, 2, 'precision50k', 0.69, `${ctPaper}, table 2`),
  context(cdImagenet, 2, 'recall50k', 0.64, `${ctPaper}, table 2`),
  context(edmImagenet, 79, 'fid50k', 2.44, `${ctPaper}, table 2`),
  context(edmImagenet, 79, 'precision50k', 0.71, `${ctPaper}, table 2`),
  context(edmImagenet, 79, 'recall50k', 0.67, `${ctPaper}, table 2`),
  context(pdImagenet, 1, 'fid50k', 15.39, `${ctPaper}, table 2`),
  context(pdImagenet, 1, 'precision50k', 0.59, `${ctPaper}, table 2`),
  context(pdImagenet, 1, 'recall50k', 0.62, `${ctPaper}, table 2`),
  context(pdImagenet, 2, 'fid50k', 8.95, `${ctPaper}, table 2`),
  context(pdImagenet, 2, 'precision50k', 0.63, `${ctPaper}, table 2`),
  context(pdImagenet, 2, 'recall50k', 0.65, `${ctPaper}, table 2`),
  context(bcm, 1, 'fid50k', 4.6, bcmReadme),
  context(bcm, 2, 'fid50k', 3.4, bcmReadme),
  context(bcmDeep, 1, 'fid50k', 3.94, bcmReadme),
  context(bcmDeep, 2, 'fid50k', 3.14, bcmReadme),
  context(bcmLiteral, 1, 'fid50k', 6.2, bcmReadme),
  context(ectImagenet('S'), 1, 'fid50k', 5.51, sctTable),
  context(ectImagenet('S'), 2, 'fid50k', 3.18, sctTable),
  context(ectImagenet('M'), 1, 'fid50k', 3.67, sctTable),
  context(ectImagenet('M'), 2, 'fid50k', 2.35, sctTable),
  context(ectImagenet('XL'), 1, 'fid50k', 3.35, sctTable),
  context(ectImagenet('XL'), 2, 'fid50k', 1.96, sctTable),
  context(other('imagenet64', 'TCM EDM2-S'), 1, 'fid50k', 2.88, tcmReadme),
  context(other('imagenet64', 'TCM EDM2-S'), 2, 'fid50k', 2.31, tcmReadme),
  context(other('imagenet64', 'TCM EDM2-XL'), 1, 'fid50k', 2.2, tcmReadme),
  context(other('imagenet64', 'TCM EDM2-XL'), 2, 'fid50k', 1.62, tcmReadme),
  context(other('imagenet64', 'sCT'), 1, 'fid50k', 2.04, scmTable),
  context(other('imagenet64', 'sCT'), 2, 'fid50k', 1.48, scmTable),
];
