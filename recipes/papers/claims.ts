/** @file Every published number as data: what CT, iCT and iCT-deep claim, and what other works report on the same data. */
import { publishedNumber, type Claim, type PublishedNumber } from '../../harness/recipe/claim.ts';
import type { DatasetId } from '../../harness/recipe/types.ts';

const ctPaper = 'Song et al. 2023, arXiv:2303.01469';
const ictAbstract = 'Song & Dhariwal 2023, arXiv:2310.14189, abstract';
const ictTables = 'Song & Dhariwal 2023, arXiv:2310.14189, tables 2 and 3';
const scmTable = 'Lu & Song 2024, arXiv:2410.11081, table 1';

/** What all values of one work have in common. */
interface Work {
  readonly work: string;
  readonly dataset: DatasetId;
  readonly recipeId: string | null;
  readonly bestOf: number | null;
  readonly selection: string;
}

const unsaid = 'neither the checkpoint nor the number of evaluations is published';

const ctCifar = {
  work: 'CT',
  dataset: 'cifar10',
  recipeId: 'cifar10-ct',
  bestOf: 1,
  selection: 'checkpoint 740,000 of 800,000 in the released evaluation; evaluated once',
} satisfies Work;
const ctImagenet = {
  work: 'CT',
  dataset: 'imagenet64',
  recipeId: 'imagenet64-ct',
  bestOf: 1,
  selection: 'checkpoint not published; evaluated once',
} satisfies Work;
const ictCifar = {
  work: 'iCT',
  dataset: 'cifar10',
  recipeId: 'cifar10-ict',
  bestOf: null,
  selection: unsaid,
} satisfies Work;
const deepCifar = { ...ictCifar, work: 'iCT-deep', recipeId: 'cifar10-ict-deep' } satisfies Work;
const ictImagenet = { ...ictCifar, dataset: 'imagenet64', recipeId: 'imagenet64-ict' } satisfies Work;
const deepImagenet = { ...ictImagenet, work: 'iCT-deep', recipeId: 'imagenet64-ict-deep' } satisfies Work;

function number<W extends Work>(
  common: W,
  nfe: number,
  metric: Parameters<typeof publishedNumber>[0]['metric'],
  value: number,
  source: string,
  confidence: PublishedNumber['confidence'] = 'text',
): PublishedNumber & Pick<W, 'recipeId'> {
  const name = common.recipeId ?? `${common.dataset}-${common.work.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`;
  const id = `${name}/${metric}/nfe${nfe}`;
  return publishedNumber({ id, ...common, metric, nfe, value, samples: 50_000, source, confidence });
}

/** What the recipes of this project are judged by. */
export const claims: readonly Claim[] = [
  number(ctCifar, 1, 'fid50k', 8.7, `${ctPaper}, table 1`),
  number(ctCifar, 1, 'is50k', 8.49, `${ctPaper}, table 1`),
  number(ctCifar, 2, 'fid50k', 5.83, `${ctPaper}, table 1`),
  number(ctCifar, 2, 'is50k', 8.85, `${ctPaper}, table 1`),
  number(ictCifar, 1, 'fid50k', 2.83, scmTable),
  number(ictCifar, 1, 'is50k', 9.54, ictTables, 'memory'),
  number(ictCifar, 2, 'fid50k', 2.46, scmTable),
  number(ictCifar, 2, 'is50k', 9.8, ictTables, 'memory'),
  number(deepCifar, 1, 'fid50k', 2.51, `${ictAbstract}; ${scmTable}`),
  number(deepCifar, 1, 'is50k', 9.76, ictTables, 'memory'),
  number(deepCifar, 2, 'fid50k', 2.24, `${ictAbstract}; ${scmTable}`),
  number(deepCifar, 2, 'is50k', 9.89, ictTables, 'memory'),

  number(ctImagenet, 1, 'fid50k', 13.0, `${ctPaper}, table 2`),
  number(ctImagenet, 1, 'precision50k', 0.71, `${ctPaper}, table 2`),
  number(ctImagenet, 1, 'recall50k', 0.47, `${ctPaper}, table 2`),
  number(ctImagenet, 2, 'fid50k', 11.1, `${ctPaper}, table 2`),
  number(ctImagenet, 2, 'precision50k', 0.69, `${ctPaper}, table 2`, 'memory'),
  number(ctImagenet, 2, 'recall50k', 0.56, `${ctPaper}, table 2`, 'memory'),
  number(ictImagenet, 1, 'fid50k', 4.02, scmTable),
  number(ictImagenet, 1, 'precision50k', 0.7, ictTables, 'memory'),
  number(ictImagenet, 1, 'recall50k', 0.63, ictTables, 'memory'),
  number(ictImagenet, 2, 'fid50k', 3.2, scmTable),
  number(ictImagenet, 2, 'precision50k', 0.73, ictTables, 'memory'),
  number(ictImagenet, 2, 'recall50k', 0.63, ictTables, 'memory'),
  number(deepImagenet, 1, 'fid50k', 3.25, `${ictAbstract}; ${scmTable}`),
  number(deepImagenet, 1, 'precision50k', 0.72, ictTables, 'memory'),
  number(deepImagenet, 1, 'recall50k', 0.63, ictTables, 'memory'),
  number(deepImagenet, 2, 'fid50k', 2.77, `${ictAbstract}; ${scmTable}`),
  number(deepImagenet, 2, 'precision50k', 0.74, ictTables, 'memory'),
  number(deepImagenet, 2, 'recall50k', 0.62, ictTables, 'memory'),
];

/** "3.5x and 4x better than CT": the one-step FID of CT over that of iCT-deep. */
export const improvements = [
  {
    dataset: 'cifar10',
    from: 'cifar10-ct/fid50k/nfe1',
    to: 'cifar10-ict-deep/fid50k/nfe1',
    factor: 3.5,
    source: ictAbstract,
  },
  {
    dataset: 'imagenet64',
    from: 'imagenet64-ct/fid50k/nfe1',
    to: 'imagenet64-ict-deep/fid50k/nfe1',
    factor: 4,
    source: ictAbstract,
  },
] as const satisfies readonly {
  readonly dataset: DatasetId;
  readonly from: string;
  readonly to: string;
  readonly factor: number;
  readonly source: string;
}[];

function other(dataset: DatasetId, work: string, bestOf: number | null = null, selection = unsaid): Work {
  return { work, dataset, recipeId: null, bestOf, selection };
}

const once = 'evaluated once';
const bestOfThree = 'the least of three evaluations, as in EDM';
const ectReadme = 'locuslab/ect README';
const tcmReadme = 'NVlabs/TCM README';
const bcmReadme = 'Mosasaur5526/BCM-iCT-torch README';
const sctTable = 'the table of the Stable Consistency Tuning paper, which quotes ECT';

const cdCifar = other('cifar10', 'CD', 1, once);
const edmCifar = other('cifar10', 'EDM', 1, `${once}, by the CT authors`);
const pdCifar = other('cifar10', 'PD', 1, once);
const ectCifar = (iterations: string) => other('cifar10', `ECT ${iterations}`, 3, bestOfThree);
const cdImagenet = other('imagenet64', 'CD', 1, once);
const edmImagenet = other('imagenet64', 'EDM', 1, `${once}, by the CT authors`);
const pdImagenet = other('imagenet64', 'PD', 1, once);
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

/** Other works on the same data: context for a report, never judged. Distillation (CD, PD) and ECT start from a trained diffusion model. */
export const otherWorks: readonly PublishedNumber[] = [
  number(cdCifar, 1, 'fid50k', 3.55, `${ctPaper}, table 1`),
  number(cdCifar, 1, 'is50k', 9.48, `${ctPaper}, table 1`),
  number(cdCifar, 2, 'fid50k', 2.93, `${ctPaper}, table 1`),
  number(cdCifar, 2, 'is50k', 9.75, `${ctPaper}, table 1`),
  number(edmCifar, 35, 'fid50k', 2.04, `${ctPaper}, table 1`),
  number(edmCifar, 35, 'is50k', 9.84, `${ctPaper}, table 1`),
  number(pdCifar, 1, 'fid50k', 8.34, `${ctPaper}, table 1`),
  number(pdCifar, 1, 'is50k', 8.69, `${ctPaper}, table 1`),
  number(pdCifar, 2, 'fid50k', 5.58, `${ctPaper}, table 1`),
  number(pdCifar, 2, 'is50k', 9.05, `${ctPaper}, table 1`),
  number(ectCifar('100k'), 1, 'fid50k', 4.54, ectReadme),
  number(ectCifar('100k'), 2, 'fid50k', 2.2, ectReadme),
  number(ectCifar('200k'), 1, 'fid50k', 3.86, ectReadme),
  number(ectCifar('200k'), 2, 'fid50k', 2.15, ectReadme),
  number(ectCifar('400k'), 1, 'fid50k', 3.6, ectReadme),
  number(ectCifar('400k'), 2, 'fid50k', 2.11, ectReadme),
  number(other('cifar10', 'TCM'), 1, 'fid50k', 2.46, tcmReadme),
  number(other('cifar10', 'TCM'), 2, 'fid50k', 2.05, tcmReadme),
  number(other('cifar10', 'sCT'), 1, 'fid50k', 2.85, `${scmTable} (2.97 in one version)`),
  number(other('cifar10', 'sCT'), 2, 'fid50k', 2.06, scmTable),

  number(cdImagenet, 1, 'fid50k', 6.2, `${ctPaper}, table 2`),
  number(cdImagenet, 1, 'precision50k', 0.68, `${ctPaper}, table 2`),
  number(cdImagenet, 1, 'recall50k', 0.63, `${ctPaper}, table 2`),
  number(cdImagenet, 2, 'fid50k', 4.7, `${ctPaper}, table 2`),
  number(cdImagenet, 2, 'precision50k', 0.69, `${ctPaper}, table 2`),
  number(cdImagenet, 2, 'recall50k', 0.64, `${ctPaper}, table 2`),
  number(edmImagenet, 79, 'fid50k', 2.44, `${ctPaper}, table 2`),
  number(edmImagenet, 79, 'precision50k', 0.71, `${ctPaper}, table 2`),
  number(edmImagenet, 79, 'recall50k', 0.67, `${ctPaper}, table 2`),
  number(pdImagenet, 1, 'fid50k', 15.39, `${ctPaper}, table 2`),
  number(pdImagenet, 1, 'precision50k', 0.59, `${ctPaper}, table 2`),
  number(pdImagenet, 1, 'recall50k', 0.62, `${ctPaper}, table 2`),
  number(pdImagenet, 2, 'fid50k', 8.95, `${ctPaper}, table 2`),
  number(pdImagenet, 2, 'precision50k', 0.63, `${ctPaper}, table 2`),
  number(pdImagenet, 2, 'recall50k', 0.65, `${ctPaper}, table 2`),
  number(bcm, 1, 'fid50k', 4.6, bcmReadme),
  number(bcm, 2, 'fid50k', 3.4, bcmReadme),
  number(bcmDeep, 1, 'fid50k', 3.94, bcmReadme),
  number(bcmDeep, 2, 'fid50k', 3.14, bcmReadme),
  number(bcmLiteral, 1, 'fid50k', 6.2, bcmReadme),
  number(ectImagenet('S'), 1, 'fid50k', 5.51, sctTable),
  number(ectImagenet('S'), 2, 'fid50k', 3.18, sctTable),
  number(ectImagenet('M'), 1, 'fid50k', 3.67, sctTable),
  number(ectImagenet('M'), 2, 'fid50k', 2.35, sctTable),
  number(ectImagenet('XL'), 1, 'fid50k', 3.35, sctTable),
  number(ectImagenet('XL'), 2, 'fid50k', 1.96, sctTable),
  number(other('imagenet64', 'TCM EDM2-S'), 1, 'fid50k', 2.88, tcmReadme),
  number(other('imagenet64', 'TCM EDM2-S'), 2, 'fid50k', 2.31, tcmReadme),
  number(other('imagenet64', 'TCM EDM2-XL'), 1, 'fid50k', 2.2, tcmReadme),
  number(other('imagenet64', 'TCM EDM2-XL'), 2, 'fid50k', 1.62, tcmReadme),
  number(other('imagenet64', 'sCT'), 1, 'fid50k', 2.04, scmTable),
  number(other('imagenet64', 'sCT'), 2, 'fid50k', 1.48, scmTable),
];

/** What is published about cost: machines, never hours. */
export const publishedMachines = [
  { recipeId: 'cifar10-ct', machines: '8 x A100', hours: null, source: `${ctPaper}, table 3` },
  { recipeId: 'imagenet64-ct', machines: '64 x A100', hours: null, source: `${ctPaper}, table 3` },
  { recipeId: 'cifar10-ict', machines: 'a cluster of A100', hours: null, source: 'Song & Dhariwal 2023' },
  { recipeId: 'imagenet64-ict', machines: 'a cluster of A100', hours: null, source: 'Song & Dhariwal 2023' },
] as const;
