/** @file Chooses the scorer of a data set. */
import { isScoredBy, type DatasetScoredBy } from '../recipe/dataset.ts';
import { openInceptionScorer } from './inception.ts';
import type { OpenScorer, ScoringFiles } from './scorer.ts';
import { openShapesScorer } from './shapes.ts';

/** The scorer of the data set of a plan. */
export function scorerWith(files: ScoringFiles): OpenScorer {
  return async (request) => {
    const { dataset } = request.plan.recipe.data;
    if (isScoredBy(dataset, 'inception')) return openInceptionScorer(dataset, request, files);
    // Features of a third kind do not compile here.
    dataset satisfies DatasetScoredBy<'shapes-classifier'>;
    return { kind: 'open', scorer: await openShapesScorer(request) };
  };
}
