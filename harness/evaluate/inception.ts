/** @file Computes FID and related metrics from 2015 Inception features against the published reference. */
import { DataError, exitCodes } from '../core/errors.ts';
import type { Warning } from '../core/warnings.ts';
import type { ImageSource } from '../data/source.ts';
import { inThisProcess, type ExtractorOutput, type FeatureExtractor } from '../metrics/features/extractor.ts';
import { memoryImages, type ScoredImages } from '../metrics/features/images.ts';
import { Inception2015 } from '../metrics/features/inception/inception-2015.ts';
import { fetchPublishedGraph, readGraph, type GraphFile } from '../metrics/features/inception/weights.ts';
import { requireRoomForRows } from '../metrics/features/rows.ts';
import { ImageScorer, type OtherRows } from '../metrics/image-scorer.ts';
import type { ReferenceRows } from '../metrics/measurement.ts';
import { engineAlgebra } from '../metrics/linalg/engine.ts';
import {
  fetchPublishedReference,
  publishedReferences,
  type PublishedReference,
} from '../metrics/reference/published.ts';
import type { DatasetScoredBy } from '../recipe/dataset.ts';
import { openReference, type NamedReference } from '../metrics/reference/reference.ts';
import type { Floor } from '../score/score.ts';
import { heldOut } from './real-images.ts';
import { comparesWithImages, requireRoomForTrainFeatures, trainFeatures } from './train-features.ts';
import { measureOptions, type Scorer, type ScorerRequest, type Scoring, type ScoringFiles } from './scorer.ts';

/** What each data set that is scored by these features is measured against. */
const references: Readonly<Record<DatasetScoredBy<'inception'>, PublishedReference>> = publishedReferences;

/** Images per pass through Inception. */
const batchImages = 64;

export interface ScoringSources {
  readonly graph: GraphFile;
  readonly reference: NamedReference;
}

/**
 * The graph and the reference: files that are named, else those of the published results, downloaded once.
 * @returns a warning where they can only be had over a network that is not there
 * @throws DataError when a file is damaged, or is not what it should be
 */
export async function scoringSources(
  dataset: DatasetScoredBy<'inception'>,
  files: ScoringFiles,
  context: Context,
): Promise<ScoringSources | Extract<Warning, { kind: 'metric-missing' }>> {
  try {
    const graph = await graphOf(files, context);
    const reference = await (files.reference === undefined
      ? fetchPublishedReference(references[dataset], context)
      : openReference(files.reference).then(underItsOwnId));
    return { graph, reference };
  } catch (thrown) {
    if (thrown instanceof DataError && thrown.exitCode === exitCodes.transient)
      return { kind: 'metric-missing', metric: 'FID', why: thrown.message };
    throw thrown;
  }
}

type Context = Pick<ScorerRequest, 'output' | 'clock'>;

function graphOf({ inception }: ScoringFiles, context: Context): Promise<GraphFile> {
  return inception === undefined ? fetchPublishedGraph(context) : readGraph(inception);
}

/** The network alone. @throws DataError when the graph is damaged, is not what it should be, or cannot be had */
export async function openInception(
  request: Pick<ScorerRequest, 'engine' | 'plan'> & Context,
  files: ScoringFiles,
  outputs: readonly ExtractorOutput[],
): Promise<FeatureExtractor> {
  return extractorOf(await graphOf(files, request), outputs, request, files);
}

function extractorOf(
  { where, bytes }: GraphFile,
  outputs: readonly ExtractorOutput[],
  request: Pick<ScorerRequest, 'engine' | 'plan'>,
  files: ScoringFiles,
): FeatureExtractor {
  return scoringExtractor(new Inception2015(where, bytes, { batchImages, outputs }), request, files);
}

/** @throws DataError as `scoringSources`, when the reference was made with other features, or features have no room on the disk */
export async function openInceptionScorer(
  dataset: DatasetScoredBy<'inception'>,
  request: ScorerRequest,
  files: ScoringFiles,
): Promise<Scoring> {
  const sources = await scoringSources(dataset, files, request);
  if ('kind' in sources) return { kind: 'missing', warning: sources };
  const { graph, reference } = sources;
  const outputs = ['logits', ...(reference.spatial ? (['spatial'] as const) : [])] as const;
  const { output, clock, spread = inThisProcess } = request;
  const extractor = spread(extractorOf(graph, outputs, request, files));
  try {
    requireRoomForRows(request.plan.asRun.sampleImages, extractor.widths);
    if (request.source && comparesWithImages(request.plan)) requireRoomForTrainFeatures(request.source, extractor);
    const workplace = { extractor, output, clock };
    const options = measureOptions(request, engineAlgebra);
    const scorer = new ImageScorer(reference, options, workplace, trainRows(request, extractor));
    return { kind: 'open', scorer: inceptionScorer(request, scorer, extractor) };
  } catch (thrown) {
    extractor.close();
    throw thrown;
  }
}

function inceptionScorer({ plan, source }: ScorerRequest, scorer: ImageScorer, extractor: FeatureExtractor): Scorer {
  const side = plan.recipe.network.resolution;
  const samples = (images: Uint8Array): ScoredImages => memoryImages('samples', images, side, side);
  const floors = new Map<number, Floor | null>();
  const floorOf = async (count: number): Promise<Floor | null> => {
    const real = realImages(source, count, extractor.widths.pool);
    if (!source || real === 0) return null;
    const images = samples(heldOut(source, 0, real));
    if (real === count) return { value: (await scorer.first(images)).value, samples: count };
    return { value: await scorer.extrapolated(images, count), samples: count, extrapolatedFrom: real };
  };
  return {
    followed: (count) => scorer.followed(count),
    score: (images) => scorer.first(samples(images)),
    scoreFully: async (images) => {
      const { scores, warnings } = await scorer.all(samples(images));
      return { scores, warnings: byReason(warnings) };
    },
    floor: async (count) => {
      const floor = floors.get(count) ?? (await floorOf(count));
      floors.set(count, floor);
      return floor;
    },
    close: () => {
      scorer.close();
      extractor.close();
    },
  };
}

/** Training images to compare with, where the plan does so and they are at hand. */
function trainRows({ plan, source, output, clock }: ScorerRequest, extractor: FeatureExtractor): OtherRows {
  let known: ReferenceRows | null = null;
  return () => {
    if (!source || !comparesWithImages(plan)) return Promise.resolve(null);
    known ??= trainFeatures({ source, extractor, output, clock });
    return Promise.resolve(known);
  };
}

/** Least share of the images asked for that a line may be drawn from. */
const extrapolatedShare = 0.2;

/** Held-out images for a floor of so many: as many, fewer to extrapolate from, or none where half of them leave no full rank. */
function realImages(source: ImageSource | null, count: number, features: number): number {
  if (!source || source.heldOutImages === 'unlimited') return 0;
  const { heldOutImages } = source;
  if (heldOutImages >= count) return count;
  return heldOutImages >= extrapolatedShare * count && heldOutImages > 2 * features ? heldOutImages : 0;
}

/** A named file never bears the id of a published reference, whatever it says of itself: claims are judged by that id. */
function underItsOwnId(reference: NamedReference): NamedReference {
  const isTaken = Object.values(publishedReferences).some(({ id }) => id === reference.id);
  return isTaken ? { ...reference, id: `${reference.id}, a named file` } : reference;
}

/**
 * Features are taken in full float32, whatever training was allowed: TensorFloat-32 moves FID in its third digit. A named graph does not bear the
 * name by which claims are judged: no hash of the published one is known.
 */
function scoringExtractor(
  extractor: FeatureExtractor,
  { engine, plan }: Pick<ScorerRequest, 'engine' | 'plan'>,
  { inception }: ScoringFiles,
): FeatureExtractor {
  const { binding } = engine;
  const { identity } = extractor;
  return {
    identity: inception === undefined ? identity : { ...identity, extractor: `${identity.extractor}, a named file` },
    widths: extractor.widths,
    batchImages: extractor.batchImages,
    imagesAtOnce: extractor.imagesAtOnce,
    outputs: extractor.outputs,
    extract: (...batch) => {
      binding.setTensorFloat32(false);
      try {
        return extractor.extract(...batch);
      } finally {
        binding.setTensorFloat32(plan.engine.tf32);
      }
    },
    close: () => extractor.close(),
  };
}

/** Metrics that are missing for one reason are one warning. */
function byReason(warnings: readonly Warning[]): Warning[] {
  const reasons = new Map<string, string[]>();
  for (const warning of warnings) {
    if (warning.kind !== 'metric-missing') continue;
    reasons.set(warning.why, [...(reasons.get(warning.why) ?? []), warning.metric]);
  }
  return [
    ...warnings.filter(({ kind }) => kind !== 'metric-missing'),
    ...[...reasons].map(([why, names]): Warning => ({ kind: 'metric-missing', metric: names.join(', '), why })),
  ];
}
