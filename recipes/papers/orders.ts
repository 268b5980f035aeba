/** @file Published orders: which of two models is better by one metric. */
import type { Claim, OrderClaim, PublishedNumber } from '../../harness/recipe/claim.ts';
import { publishedDatasetIds, type PublishedDatasetId } from '../../harness/recipe/dataset.ts';
import { ctClaims, ctPaper } from './ct-claims.ts';
import { ictAbstract, ictClaims } from './ict-claims.ts';
import { otherWorks } from './other-works.ts';

const steps = [1, 2] as const;
const stepsText = { 1: 'one step', 2: 'two steps' } as const;

/** The FID of a model, such as `cifar10-ict-deep` or `cifar10-cd`. */
const fid = (model: string, nfe: number): string => `${model}/fid50k/nfe${nfe}`;

const numbers = new Map<string, PublishedNumber | Claim>(
  [...ctClaims, ...ictClaims, ...otherWorks].map((number) => [number.id, number]),
);

/** An order of two numbers; recalled as soon as one of them is. */
function order(says: string, better: string, worse: string, source: string): OrderClaim {
  const [first, second] = [numbers.get(better)!, numbers.get(worse)!];
  const confidence = first.confidence === 'text' && second.confidence === 'text' ? 'text' : 'memory';
  return { id: `${better}~${worse}`, dataset: first.dataset, says, better, worse, source, confidence };
}

/** CT beside progressive distillation in one step. */
const beside: Readonly<Record<PublishedDatasetId, (ct: string, pd: string) => OrderClaim>> = {
  cifar10: (ct, pd) => order('PD is better than CT in one step', pd, ct, `${ctPaper}, table 1`),
  imagenet64: (ct, pd) => order('CT is better than PD in one step', ct, pd, `${ctPaper}, table 2`),
};

/**
 * iCT beats CT; iCT and iCT-deep beat consistency distillation ("surpassing ... distillation in both one-step and two-step settings");
 * two steps beat one; deep beats base; CT beats progressive distillation in one step on ImageNet 64x64 and loses to it on CIFAR-10.
 */
export const orders: readonly OrderClaim[] = publishedDatasetIds.flatMap((dataset) => {
  const model = (name: string): string => `${dataset}-${name}`;
  const ofSteps = steps.flatMap((nfe) => [
    order(
      `iCT is better than CT in ${stepsText[nfe]}`,
      fid(model('ict'), nfe),
      fid(model('ct'), nfe),
      'the published values of both',
    ),
    order(
      `iCT is better than CD in ${stepsText[nfe]}`,
      fid(model('ict'), nfe),
      fid(model('cd'), nfe),
      `${ictAbstract}; the published values of both`,
    ),
    order(
      `iCT-deep is better than CD in ${stepsText[nfe]}`,
      fid(model('ict-deep'), nfe),
      fid(model('cd'), nfe),
      `${ictAbstract}; the published values of both`,
    ),
    order(
      `iCT-deep is better than iCT in ${stepsText[nfe]}`,
      fid(model('ict-deep'), nfe),
      fid(model('ict'), nfe),
      'the published values of both',
    ),
  ]);
  const ofModels = [
    ['ct', 'CT'],
    ['ict', 'iCT'],
    ['ict-deep', 'iCT-deep'],
  ].map(([name, title]) =>
    order(
      `${title!} is better in two steps than in one`,
      fid(model(name!), 2),
      fid(model(name!), 1),
      'the published values of both',
    ),
  );
  return [...ofSteps, ...ofModels, beside[dataset](fid(model('ct'), 1), fid(model('pd'), 1))];
});
