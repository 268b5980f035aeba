/** @file Scoring any images, ours or not, against a reference file; and making a reference file of images. */
import type { Clock } from '../core/clock.ts';
import { DataError, described } from '../core/errors.ts';
import type { Quantisation } from '../formats/pixels.ts';
import { familiesOf } from '../score/metric.ts';
import { Progress, type Output } from '../system/progress.ts';
import type { FeatureExtractor } from './features/extractor.ts';
import { collectFeatures, type FeatureSet } from './features/set.ts';
import { openImages } from './features/images.ts';
import { measure, type MeasuredScores, type MeasureOptions } from './measurement.ts';
import {
  readReference,
  writeReference,
  type ReferenceProvenance,
  type ReferenceStatistics,
} from './reference/reference.ts';

export interface Workplace {
  readonly extractor: FeatureExtractor;
  readonly output: Output;
  readonly clock: Clock;
}

export interface ScoreRequest {
  /** An `.npz` of uint8 images, or a folder of PNG. */
  readonly images: string;
  /** Statistics in `.npz`. */
  readonly reference: string;
  /** Images for KID and neighbour metrics, where the reference file holds none. */
  readonly referenceImages?: string;
  /** At most so many images, from the first on. */
  readonly limit?: number;
  /** Network evaluations per image, where that is known. */
  readonly nfe?: number;
  /** How the images became uint8, where that is known. */
  readonly quantisation?: Quantisation;
}

export interface Scored extends MeasuredScores {
  readonly images: {
    readonly name: string;
    readonly count: number;
    readonly sha256: string;
    readonly nfe: number | null;
    readonly quantisation: Quantisation | null;
  };
  readonly reference: { readonly id: string; readonly path: string; readonly sha256: string };
}

/**
 * @throws DataError when images, reference and extractor do not belong together, and as `measure`; temporary files are removed then too
 */
export async function scoreImages(
  request: ScoreRequest,
  options: MeasureOptions,
  workplace: Workplace,
): Promise<Scored> {
  const reference = await readReference(request.reference);
  requireSameExtractor(reference, workplace.extractor);
  const referenceImages = request.referenceImages ?? (reference.images ? request.reference : undefined);
  const set = await collect('images', request.images, options, workplace, true, request.limit);
  try {
    const other =
      referenceImages === undefined
        ? undefined
        : await collect('reference images', referenceImages, options, workplace, true);
    try {
      const id = reference.provenance?.id ?? reference.path;
      const { sha256, pool, spatial, provenance } = reference;
      const against = { id, sha256, images: provenance?.images ?? null, pool, spatial, rows: other?.rows ?? null };
      return {
        ...measure(set, against, familiesOf('inception'), options),
        images: {
          name: set.name,
          count: set.count,
          sha256: set.imagesSha256,
          nfe: request.nfe ?? null,
          quantisation: request.quantisation ?? null,
        },
        reference: { id, path: reference.path, sha256 },
      };
    } finally {
      other?.close();
    }
  } finally {
    set.close();
  }
}

export interface BuildRequest {
  readonly images: string;
  /** The `.npz` to write. */
  readonly target: string;
  /** Name of the reference in every identity. */
  readonly id: string;
  /** Name and version of this software, for the provenance. */
  readonly software: string;
  readonly limit?: number;
}

/** Makes statistics of images and writes them with their provenance; nothing is written when anything is wrong with the images. */
export async function buildReference(
  request: BuildRequest,
  options: Pick<MeasureOptions, 'algebra' | 'device'>,
  workplace: Workplace,
): Promise<ReferenceProvenance> {
  const set = await collect('images', request.images, options, workplace, false, request.limit);
  try {
    const pool = set.pool();
    const provenance: ReferenceProvenance = {
      schema: 'consistency-harness/reference@1',
      id: request.id,
      images: set.count,
      height: set.height,
      width: set.width,
      imagesSha256: set.imagesSha256,
      ...set.extractor,
      batchImages: set.batchImages,
      device: options.device,
      algebra: options.algebra.id,
      software: request.software,
    };
    writeReference(request.target, pool, set.spatial?.() ?? null, provenance);
    return provenance;
  } finally {
    set.close();
  }
}

async function collect(
  label: string,
  path: string,
  { algebra }: Pick<MeasureOptions, 'algebra'>,
  { extractor, output, clock }: Workplace,
  keepRows: boolean,
  limit?: number,
): Promise<FeatureSet> {
  const images = await openImages(path);
  const total = Math.min(images.count, limit ?? Infinity);
  const progress = new Progress(output, clock, { label: `features of ${label}`, total, unit: 'images' });
  const set = await collectFeatures(images, extractor, {
    algebra,
    keepRows,
    limit: total,
    onImages: (done) => progress.update(done),
  });
  progress.finish(`${progress.rate().toFixed(1)} images/s`);
  return set;
}

/** Files of other tools do not say what made them; ours do. */
function requireSameExtractor({ path, provenance }: ReferenceStatistics, { identity }: FeatureExtractor): void {
  if (!provenance) return;
  for (const key of ['extractorSha256', 'resize'] as const) {
    if (provenance[key] === identity[key]) continue;
    throw new DataError({
      where: path,
      got: described(`statistics of ${provenance.extractor} (${key} ${provenance[key]})`),
      expected: `those of ${identity.extractor} (${key} ${identity[key]})`,
      remedy: 'Build the reference again with the extractor that scores the images',
    });
  }
}
