/** @file fd-shapes: the Frechet distance of the shapes features to held-out images, with its floor. */
import { sha256 } from '../core/hash.ts';
import { canonicalJson } from '../core/canonical-json.ts';
import { memoryRows } from '../metrics/features/rows.ts';
import { frechetDistance } from '../metrics/values/frechet.ts';
import { typescriptAlgebra } from '../metrics/linalg/typescript.ts';
import { momentsOf, type Moments } from '../metrics/linalg/moments.ts';
import {
  ShapesFeatureExtractor,
  shapesFeatureBatch,
  shapesFeatureCount,
  shapesWeightsSha256,
} from '../metrics/features/shapes-classifier.ts';
import { heldOut } from './held-out.ts';
import type { Scored, Scorer, ScorerIdentity, ScorerRequest } from './scorer.ts';

/** Held-out images 0 to 9,999 are the reference; the floor uses those that follow. */
const referenceImages = 10_000;

export async function openShapesScorer({ source }: ScorerRequest): Promise<Scorer> {
  if (!source) throw new Error('fd-shapes is measured against the images of its data set');
  const extractor = await ShapesFeatureExtractor.open();
  const momentsOfImages = (images: Uint8Array): Moments =>
    momentsOf(memoryRows(extractor.features(images), shapesFeatureCount), typescriptAlgebra);
  const reference = momentsOfImages(heldOut(source, 0, referenceImages));
  const score = (images: Uint8Array): Scored => {
    const { value, clampedCount } = frechetDistance(momentsOfImages(images), reference, typescriptAlgebra, 'clamp');
    return {
      value,
      warnings: clampedCount > 0 ? [{ kind: 'clamped-eigenvalues', metric: 'fd-shapes', clamped: clampedCount }] : [],
    };
  };
  const definition = { data: source.contentHash, split: 'held-out', first: 0, images: referenceImages };
  const identity: ScorerIdentity = {
    extractor: 'shapes-classifier',
    extractorSha256: shapesWeightsSha256,
    resize: 'none',
    reference: `shapes held-out 0-${referenceImages - 1}`,
    referenceSha256: sha256(canonicalJson(definition)),
    referenceImages,
    batchImages: shapesFeatureBatch,
    dtype: 'float32',
  };
  return {
    identity,
    metric: () => 'fd-shapes',
    score: (images) => Promise.resolve(score(images)),
    scoreFully: (images) => {
      const { value, warnings } = score(images);
      return Promise.resolve({ scores: [{ metric: 'fd-shapes', value, identity }], warnings });
    },
    floor: (samples) => Promise.resolve({ value: score(heldOut(source, referenceImages, samples)).value, samples }),
    close: () => extractor.close(),
  };
}
