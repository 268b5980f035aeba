/** @file Table of the scorer of each data set. */
import type { DatasetId, DatasetScoredBy } from '../recipe/dataset.ts';
import { openInceptionScorer } from './inception.ts';
import type { OpenScorer, ScorerRequest, Scoring, ScoringFiles } from './scorer.ts';
import { openShapesScorer } from './shapes.ts';

type Open = (request: ScorerRequest, files: ScoringFiles) => Promise<Scoring>;

/** FID, and all that the published reference of the data set allows. */
const byInception =
  (dataset: DatasetScoredBy<'inception'>): Open =>
  (request, files) =>
    openInceptionScorer(dataset, request, files);

const openers: Readonly<Record<DatasetId, Open>> = {
  shapes: async (request) => ({ kind: 'open', scorer: await openShapesScorer(request) }),
  cifar10: byInception('cifar10'),
  imagenet64: byInception('imagenet64'),
};

/** The scorer of the data set of a plan. */
export function scorerWith(files: ScoringFiles): OpenScorer {
  return (request) => openers[request.plan.recipe.data.dataset](request, files);
}
