/** @file Computes fd-shapes, the Fréchet distance of shapes features to held-out images, and its floor. */
import { sha256 } from '../core/hash.ts';
import { canonicalJson } from '../core/canonical-json.ts';
import { memoryRows } from '../metrics/features/rows.ts';
import { typescriptAlgebra } from '../metrics/linalg/typescript.ts';
import { momentsOf, type Moments } from '../metrics/linalg/moments.ts';
import { measure, measuredAs, type MeasuredScores } from '../metrics/measurement.ts';
import { familiesOf } from '../score/metric.ts';
import {
  ShapesFeatureExtractor,
  shapesFeatureBatch,
  shapesFeatureCount,
  shapesWeightsSha256,
} from '../metrics/features/shapes-classifier.ts';
import { imageBytes } from '../data/source.ts';
import type { ExtractorIdentity } from '../score/identity.ts';
import { heldOut } from './real-images.ts';
import { measureOptions, type Scorer, type ScorerRequest } from './scorer.ts';

/** Held-out images 0 to 9,999 are the reference; the floor uses those that follow. */
const referenceImages = 10_000;

export async function openShapesScorer(request: ScorerRequest): Promise<Scorer> {
  const { source } = request;
  if (!source) throw new Error('fd-shapes is measured against the images of its data set');
  const extractor = await ShapesFeatureExtractor.open();
  const momentsOfImages = (images: Uint8Array): Moments =>
    momentsOf(memoryRows(extractor.features(images), shapesFeatureCount), typescriptAlgebra);
  const definition = { data: source.contentHash, split: 'held-out', first: 0, images: referenceImages };
  const reference = {
    id: `shapes held-out 0-${referenceImages - 1}`,
    sha256: sha256(canonicalJson(definition)),
    count: referenceImages,
    pool: momentsOfImages(heldOut(source, 0, referenceImages)),
    spatial: null,
    rows: null,
  };
  const options = measureOptions(request, typescriptAlgebra);
  const families = familiesOf('shapes-classifier');
  const setOf = (count: number) => ({ count, extractor: shapesExtractor, batchImages: shapesFeatureBatch });
  const scoreFully = (images: Uint8Array): MeasuredScores => {
    const pool = (): Moments => momentsOfImages(images);
    const set = { ...setOf(images.length / imageBytes(source)), pool, spatial: null, rows: null, logits: null };
    return measure(set, reference, families, options);
  };
  const score = (images: Uint8Array): MeasuredScores['scores'][0] => scoreFully(images).scores[0];
  return {
    followed: (samples) => measuredAs(families[0], setOf(samples), reference, options),
    score: (images) => Promise.resolve(score(images)),
    scoreFully: (images) => Promise.resolve(scoreFully(images)),
    floor: (samples) => Promise.resolve({ value: score(heldOut(source, referenceImages, samples)).value, samples }),
    close: () => extractor.close(),
  };
}

const shapesExtractor: ExtractorIdentity = {
  extractor: 'shapes-classifier',
  extractorSha256: shapesWeightsSha256,
  resize: 'none',
  dtype: 'float32',
};
