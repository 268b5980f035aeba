/** @file Scores images of shapes against held-out ones: fd-shapes with its floor, and fd-encoder beside it. */
import { sha256 } from '../core/hash.ts';
import { canonicalJson } from '../core/canonical-json.ts';
import { memoryRows } from '../metrics/features/rows.ts';
import { featuresOf, inThisProcess, type FeatureExtractor } from '../metrics/features/extractor.ts';
import { SmallFeatureExtractor } from '../metrics/features/small-extractor.ts';
import { typescriptAlgebra } from '../metrics/linalg/typescript.ts';
import { momentsOf, type Moments } from '../metrics/linalg/moments.ts';
import { measure, measuredAs, type MeasuredScores, type MeasureOptions } from '../metrics/measurement.ts';
import { familiesOf, type MetricFacts } from '../score/metric.ts';
import { ShapesFeatureExtractor } from '../metrics/features/shapes-classifier.ts';
import {
  openEncoderWeights,
  pooledEncoderFeatures,
  pooledEncoderWidth,
} from '../network/features/shapes-encoder/forward.ts';
import { encoderWeightsSha256 } from '../network/features/shapes-encoder/weights.ts';
import { imageBytes, type ImageSource } from '../data/source.ts';
import { heldOut } from './real-images.ts';
import { measureOptions, type Scorer, type ScorerRequest } from './scorer.ts';

/** Held-out images 0 to 9,999 are the reference; the floor uses those that follow. */
const referenceImages = 10_000;

export async function openShapesScorer(request: ScorerRequest): Promise<Scorer> {
  const { source } = request;
  if (!source) throw new Error('fd-shapes is measured against the images of its data set');
  const options = measureOptions(request, typescriptAlgebra);
  const reference = heldOut(source, 0, referenceImages);
  const { spread = inThisProcess } = request;
  const classifier = spread(await openShapesExtractor('shapes-classifier'));
  const ofClassifier = scoringBy('shapes-classifier', classifier, { source, reference, options });
  const encoder = spread(await openShapesExtractor('shapes-encoder'));
  const ofEncoder = scoringBy('shapes-encoder', encoder, { source, reference, options });
  const score = (images: Uint8Array): MeasuredScores['scores'][0] => ofClassifier.measured(images).scores[0];
  return {
    followed: (samples) => ofClassifier.followed(samples),
    score: (images) => Promise.resolve(score(images)),
    scoreFully: (images) => {
      const [followed, control] = [ofClassifier.measured(images), ofEncoder.measured(images)];
      return Promise.resolve({
        scores: [...followed.scores, ...control.scores],
        warnings: [...followed.warnings, ...control.warnings],
      });
    },
    floor: (samples) => Promise.resolve({ value: score(heldOut(source, referenceImages, samples)).value, samples }),
    close: () => {
      classifier.close();
      encoder.close();
    },
  };
}

type ShapesFeatures = Exclude<MetricFacts['features'], 'inception'>;

export function isOfShapes(extractor: string): extractor is ShapesFeatures {
  return extractor === 'shapes-classifier' || extractor === 'shapes-encoder';
}

/** @throws DataError when the committed weights are missing or were changed */
export async function openShapesExtractor(features: ShapesFeatures): Promise<FeatureExtractor> {
  if (features === 'shapes-classifier') return ShapesFeatureExtractor.open();
  return new SmallFeatureExtractor(await openEncoderWeights(), pooledEncoderFeatures, {
    extractor: features,
    extractorSha256: encoderWeightsSha256,
    width: pooledEncoderWidth,
  });
}

interface Against {
  readonly source: ImageSource;
  /** uint8[N,16,16,3] */
  readonly reference: Uint8Array;
  readonly options: MeasureOptions;
}

/** All metrics of one network's features against the held-out images. */
function scoringBy(
  features: ShapesFeatures,
  extractor: FeatureExtractor,
  { source, reference: images, options }: Against,
) {
  const momentsOfImages = (pixels: Uint8Array): Moments =>
    momentsOf(memoryRows(featuresOf(extractor, pixels, source.resolution), extractor.widths.pool), typescriptAlgebra);
  const definition = { data: source.contentHash, split: 'held-out', first: 0, images: referenceImages };
  const reference = {
    id: `shapes held-out 0-${referenceImages - 1}`,
    sha256: sha256(canonicalJson(definition)),
    count: referenceImages,
    pool: momentsOfImages(images),
    spatial: null,
    rows: null,
  };
  const { identity, batchImages } = extractor;
  const families = familiesOf(features);
  const setOf = (count: number) => ({ count, extractor: identity, batchImages });
  return {
    followed: (samples: number) => measuredAs(families[0], setOf(samples), reference, options),
    measured: (pixels: Uint8Array): MeasuredScores => {
      const pool = (): Moments => momentsOfImages(pixels);
      const set = { ...setOf(pixels.length / imageBytes(source)), pool, spatial: null, rows: null, logits: null };
      return measure(set, reference, families, options);
    },
  };
}
