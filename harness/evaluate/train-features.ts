/**
 * @file Features of training images for KID, precision and recall.
 *
 * They are computed once per data set and extractor.
 */
import { join } from 'node:path';
import { canonicalJson } from '../core/canonical-json.ts';
import type { Clock } from '../core/clock.ts';
import { DataError, described } from '../core/errors.ts';
import { sha256 } from '../core/hash.ts';
import { formatBytes, formatCount } from '../core/units.ts';
import type { ImageSource } from '../data/source.ts';
import {
  float32Tensor,
  readSafetensors,
  toFloat32,
  writeSafetensors,
  type StoredTensor,
} from '../formats/safetensors.ts';
import type { FeatureExtractor } from '../metrics/features/extractor.ts';
import { memoryRows } from '../metrics/features/rows.ts';
import { publishedReferences } from '../metrics/reference/published.ts';
import { isScoredBy } from '../recipe/dataset.ts';
import type { ReferenceRows } from '../metrics/measurement.ts';
import type { Plan } from '../plan/types.ts';
import { cacheFolder, writableCacheFolder } from '../system/cache-folder.ts';
import { exists } from '../system/files/files.ts';
import { requireOutputFile } from '../system/files/output-file.ts';
import { Progress, type Output } from '../system/progress.ts';
import { trainImages } from './real-images.ts';

/** As many as OpenAI's reference files hold beside their statistics; they are the first of the training set. */
const mostImages = 10_000;

/** Fewer samples than a subset of KID are not compared: the features would cost more than all the rest. */
const fewestSamples = 1_000;

/** Whether a plan's samples are compared with training images: where the published reference holds statistics alone. */
export function comparesWithImages({ recipe: { data }, asRun }: Plan): boolean {
  if (!isScoredBy(data.dataset, 'inception') || publishedReferences[data.dataset].holdsRows) return false;
  return asRun.sampleImages >= fewestSamples;
}

export interface TrainFeaturesRequest {
  readonly source: ImageSource;
  readonly extractor: FeatureExtractor;
  readonly output: Output;
  readonly clock: Clock;
}

/**
 * The first training images as rows of features, read from the cache or computed and kept there.
 * @throws DataError when the kept file is damaged or was changed
 */
export function trainFeatures(request: TrainFeaturesRequest): ReferenceRows {
  const { source, extractor } = request;
  const { count, definition, key, path } = keptRows(source, extractor);
  const values = exists(path) ? readRows(path, key) : computedRows(path, key, count, request);
  return {
    id: `${source.id} train 0-${count - 1}`,
    sha256: sha256(canonicalJson(definition)),
    features: memoryRows(values, extractor.widths.pool),
  };
}

/** Asks for the room that `trainFeatures` will take, long before it is called. @throws DataError when there is less */
export function requireRoomForTrainFeatures(source: ImageSource, extractor: FeatureExtractor): void {
  const { count, path } = keptRows(source, extractor);
  if (!exists(path) && refusalToKeep() === undefined) requireOutputFile(path, [], count * extractor.widths.pool * 4);
}

function keptRows(source: ImageSource, extractor: FeatureExtractor) {
  const count = source.trainImages === 'unlimited' ? mostImages : Math.min(mostImages, source.trainImages);
  const definition = { data: source.contentHash, split: 'train', first: 0, images: count };
  const { extractorSha256, resize } = extractor.identity;
  const key = sha256(canonicalJson({ ...definition, extractorSha256, resize }));
  const path = join(cacheFolder(), 'features', `${source.id}-train-${key.slice(0, 16)}.safetensors`);
  return { count, definition, key, path };
}

function computedRows(
  path: string,
  key: string,
  count: number,
  { source, extractor, output, clock }: TrainFeaturesRequest,
): Float32Array {
  const { pool } = extractor.widths;
  const values = new Float32Array(count * pool);
  const label = `features of ${formatCount(count)} training images, once for all runs`;
  const progress = new Progress(output, clock, { label, total: count, unit: 'images' });
  for (let first = 0; first < count; first += extractor.imagesAtOnce) {
    const images = trainImages(source, first, Math.min(extractor.imagesAtOnce, count - first));
    values.set(extractor.extract(images, source.resolution, source.resolution).pool, first * pool);
    progress.update(first);
  }
  const rows = float32Tensor(values, [count, pool]);
  progress.update(count);
  progress.finish(keepRows(path, rows, key));
  return values;
}

/** @returns where they are kept, or why they are not */
function keepRows(path: string, rows: StoredTensor, key: string): string {
  const refusal = refusalToKeep();
  if (refusal !== undefined) return `not kept: ${refusal}`;
  writeSafetensors(path, [['rows', rows]], { key, sha256: sha256(rows.bytes) });
  return `${formatBytes(rows.bytes.length)} kept in ${path}`;
}

/** Why nothing can be kept: a shared cache that can only be read does without. */
function refusalToKeep(): string | undefined {
  try {
    writableCacheFolder('features');
    return undefined;
  } catch (thrown) {
    if (thrown instanceof DataError) return thrown.message;
    throw thrown;
  }
}

function readRows(path: string, key: string): Float32Array {
  const { tensors, metadata } = readSafetensors(path);
  const rows = tensors.get('rows');
  if (rows && metadata.key === key && metadata.sha256 === sha256(rows.bytes)) return toFloat32(rows);
  throw new DataError({
    where: path,
    got: described('content that was changed after it was written'),
    expected: 'the features of training images that were kept',
    remedy: 'Remove the file: they are computed again',
  });
}
