/** @file The scorer of each data set. */
import { openInceptionScorer } from './inception.ts';
import type { OpenScorer, ScoringFiles } from './scorer.ts';
import { openShapesScorer } from './shapes.ts';

/** fd-shapes for the twin; FID, and all that its reference allows, for photographs. */
export function scorerWith(files: ScoringFiles): OpenScorer {
  return async (request) => {
    const { dataset } = request.plan.recipe.data;
    if (dataset !== 'shapes') return openInceptionScorer(dataset, request, files);
    return { kind: 'open', scorer: await openShapesScorer(request) };
  };
}
