/** @file Chooses the scorer of a data set, and opens the feature networks of scorers. */
import { DataError, described } from '../core/errors.ts';
import { isScoredBy, type DatasetScoredBy } from '../recipe/dataset.ts';
import { openInception, openInceptionScorer } from './inception.ts';
import type { OpenExtractor, OpenScorer, ScoringFiles } from './scorer.ts';
import { isOfShapes, openShapesExtractor, openShapesScorer } from './shapes.ts';

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

/**
 * The feature network that the scorer of another process names, as that process has it.
 * @throws DataError when its weights are missing here, or are others
 */
export function extractorWith(files: ScoringFiles): OpenExtractor {
  return async (named, request) => {
    const opened = await (isOfShapes(named.extractor)
      ? openShapesExtractor(named.extractor)
      : openInception(request, files, named.outputs));
    const { extractorSha256 } = opened.identity;
    if (extractorSha256 === named.extractorSha256) return opened;
    opened.close();
    throw new DataError({
      where: named.extractor,
      got: described(`weights with sha256 ${extractorSha256}`),
      expected: `sha256 ${named.extractorSha256}, those of rank 0`,
      remedy: 'Give every rank the same files',
    });
  };
}
