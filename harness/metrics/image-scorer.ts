/** @file Scores images, ours or not, by one extractor against one reference; makes a reference of images. */
import type { Clock } from '../core/clock.ts';
import { DataError, described } from '../core/errors.ts';
import { familiesOf } from '../score/metric.ts';
import { Progress, type Output } from '../system/progress.ts';
import type { FeatureExtractor } from './features/extractor.ts';
import { openImages, type ScoredImages } from './features/images.ts';
import { collectFeatures, type FeatureSet } from './features/set.ts';
import {
  measure,
  measuredAs,
  type MeasuredScore,
  type MeasuredScores,
  type MeasureOptions,
  type ReferenceRows,
} from './measurement.ts';
import { drawFitSubsets, fdInfinity, fitSizes } from './values/fd-infinity.ts';
import { writeReference, type NamedReference, type ReferenceProvenance } from './reference/reference.ts';

export interface Workplace {
  readonly extractor: FeatureExtractor;
  readonly output: Output;
  readonly clock: Clock;
}

export interface ImageScores extends MeasuredScores {
  readonly images: { readonly name: string; readonly count: number; readonly sha256: string };
  readonly reference: { readonly id: string; readonly path: string; readonly sha256: string };
}

const families = familiesOf('inception');

/** Images to compare with where the reference holds none; null where there are no others either. */
export type OtherRows = () => Promise<ReferenceRows | null>;

/** Holds the features of the reference's own images from when they are first needed to `close`; the extractor stays the caller's. */
export class ImageScorer {
  private readonly reference: NamedReference;
  private readonly options: MeasureOptions;
  private readonly workplace: Workplace;
  private readonly otherRows: OtherRows;
  private referenceSet: FeatureSet | null = null;

  /** @throws DataError when the reference was made of other features than the extractor gives */
  constructor(
    reference: NamedReference,
    options: MeasureOptions,
    workplace: Workplace,
    otherRows: OtherRows = () => Promise.resolve(null),
  ) {
    requireSameFeatures(reference, workplace.extractor);
    this.reference = reference;
    this.options = options;
    this.workplace = workplace;
    this.otherRows = otherRows;
  }

  /** What `first` says of so many images, without the value. */
  followed(count: number): Pick<MeasuredScore, 'metric' | 'identity'> {
    const { identity, batchImages } = this.workplace.extractor;
    return measuredAs(
      families[0],
      { count, extractor: identity, batchImages },
      { ...this.reference, rows: null },
      this.options,
    );
  }

  /** The first family alone, for which no features are kept. @throws as `measure` */
  async first(images: ScoredImages): Promise<MeasuredScore> {
    const { scores } = await this.measured(images, { keepRows: false, limit: Infinity }, (set) =>
      measure(set, { ...this.reference, rows: null }, [families[0]], this.options),
    );
    return scores[0];
  }

  /**
   * Everything that the reference allows.
   * @param limit at most so many images, from the first on
   * @throws DataError as `openImages` and `measure`; temporary files are removed then too
   */
  all(images: ScoredImages, limit = Infinity): Promise<ImageScores> {
    return this.measured(images, { keepRows: true, limit }, async (set) => {
      const { id, path, sha256 } = this.reference;
      const reference = { ...this.reference, rows: await this.referenceRows() };
      return {
        images: { name: set.name, count: set.count, sha256: set.imagesSha256 },
        reference: { id, path, sha256 },
        ...measure(set, reference, families, this.options),
      };
    });
  }

  /**
   * The first family at more images than there are: the value at `count` of a straight line in 1/N, fitted to subsets of half to all of
   * them.
   * Source: Chong & Forsyth 2020, section 4 (a Fréchet distance of N images is one of infinitely many plus a constant over N).
   * @throws DataError as `fdInfinity`
   */
  extrapolated(images: ScoredImages, count: number): Promise<number> {
    return this.measured(images, { keepRows: true, limit: Infinity }, (set) => {
      const { algebra, seed, whenSingular } = this.options;
      const sizes = fitSizes(set.count, Math.ceil(set.count / 2));
      const subsets = drawFitSubsets(set.count, sizes, seed);
      const { value, slope } = fdInfinity(this.reference.pool, set.rows!, subsets, algebra, whenSingular);
      return value + slope / count;
    });
  }

  close(): void {
    this.referenceSet?.close();
  }

  private async measured<T>(images: ScoredImages, kept: Kept, take: (set: FeatureSet) => T | Promise<T>): Promise<T> {
    const set = await collect('images', images, this.options, this.workplace, kept);
    try {
      return await take(set);
    } finally {
      set.close();
    }
  }

  private async referenceRows(): Promise<ReferenceRows | null> {
    const { id, sha256, ownImages } = this.reference;
    if (ownImages === null) return this.otherRows();
    const kept = { keepRows: true, limit: Infinity };
    this.referenceSet ??= await collect(
      'reference images',
      await openImages(ownImages),
      this.options,
      this.workplace,
      kept,
    );
    const { rows } = this.referenceSet;
    return rows && { id, sha256, features: rows };
  }
}

/** Files of other tools do not say what made them; ours do. */
function requireSameFeatures({ path, pool, provenance }: NamedReference, { identity, widths }: FeatureExtractor): void {
  const width = pool.mean.length;
  const differing =
    provenance && (['extractorSha256', 'resize'] as const).find((key) => provenance[key] !== identity[key]);
  if (!differing && width === widths.pool) return;
  const [got, expected] = differing
    ? [
        `statistics of ${provenance.extractor} (${differing} ${provenance[differing]})`,
        `those of ${identity.extractor} (${differing} ${identity[differing]})`,
      ]
    : [`statistics of ${width} features`, `those of ${identity.extractor}, ${widths.pool} features`];
  const remedy =
    'Build the reference again with the extractor that scores the images, or name one that was made with it';
  throw new DataError({ where: path, got: described(got), expected, remedy });
}

export interface BuildRequest {
  readonly images: ScoredImages;
  /** The `.npz` to write. */
  readonly target: string;
  /** Name of the reference in every identity. */
  readonly id: string;
  /** Name and version of this software, for the provenance. */
  readonly software: string;
  /** At most so many images, from the first on. */
  readonly limit?: number | undefined;
}

/** Makes statistics of images and writes them with their provenance; nothing is written when anything is wrong with the images. */
export async function buildReference(
  request: BuildRequest,
  options: Pick<MeasureOptions, 'algebra' | 'device'>,
  workplace: Workplace,
): Promise<ReferenceProvenance> {
  const { images, limit = Infinity } = request;
  const set = await collect('images', images, options, workplace, { keepRows: false, limit });
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

/** What is kept of images besides their moments. */
interface Kept {
  readonly keepRows: boolean;
  /** At most so many images, from the first on. */
  readonly limit: number;
}

async function collect(
  label: string,
  images: ScoredImages,
  { algebra }: Pick<MeasureOptions, 'algebra'>,
  { extractor, output, clock }: Workplace,
  { keepRows, limit }: Kept,
): Promise<FeatureSet> {
  for (const remark of images.remarks) output.write(`${remark}\n`);
  const total = Math.min(images.count, limit);
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
