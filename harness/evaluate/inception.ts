/** @file FID and its relatives in a run: the 2015 Inception features against the reference of the published results. */
import { basename } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { DataError, described, exitCodes } from '../core/errors.ts';
import { Progress, type Output } from '../system/progress.ts';
import type { Warning } from '../core/warnings.ts';
import type { FeatureExtractor } from '../metrics/features/extractor.ts';
import type { FeatureRows } from '../metrics/features/rows.ts';
import { collectFeatures, type FeatureSet } from '../metrics/features/set.ts';
import { memoryImages, openImages } from '../metrics/features/images.ts';
import { Inception2015 } from '../metrics/features/inception/inception-2015.ts';
import { fetchPublishedGraph, readGraph, type GraphFile } from '../metrics/features/inception/weights.ts';
import { engineAlgebra } from '../metrics/linalg/engine.ts';
import {
  measure,
  measuredIdentity,
  type MeasuredScore,
  type MeasuredScores,
  type MeasuringReference,
} from '../metrics/measurement.ts';
import { fetchPublishedReference, publishedReferences } from '../metrics/reference/published.ts';
import { readReference, type ReferenceStatistics } from '../metrics/reference/reference.ts';
import { familiesOf, metricName } from '../score/metric.ts';
import type { Floor } from '../score/score.ts';
import { heldOut } from './held-out.ts';
import { measureOptions, type Scorer, type ScorerRequest, type ScoringFiles } from './scorer.ts';

export type PhotographSet = keyof typeof publishedReferences;

/** Images per pass through Inception. */
const batchImages = 64;

export interface ScoringSources {
  readonly graph: GraphFile;
  readonly reference: ReferenceStatistics;
  /** Name and number of images of the reference. */
  readonly id: string;
  readonly images: number | null;
}

/**
 * The graph and the reference: files that are named, else those of the published results, downloaded once.
 * @returns a warning where they can only be had over a network that is not there
 * @throws DataError when a file is damaged, or is not what it should be
 */
export async function scoringSources(
  dataset: PhotographSet,
  files: ScoringFiles,
  context: { readonly output: Output; readonly clock: Clock },
): Promise<ScoringSources | Extract<Warning, { kind: 'metric-missing' }>> {
  const published = publishedReferences[dataset];
  try {
    const graph = await (files.inception === undefined ? fetchPublishedGraph(context) : readGraph(files.inception));
    if (files.reference === undefined) {
      const reference = await fetchPublishedReference(published, context);
      return { graph, reference, id: published.id, images: published.images };
    }
    const reference = await readReference(files.reference);
    const { provenance } = reference;
    const id = provenance?.id ?? basename(files.reference);
    return { graph, reference, id, images: provenance?.images ?? null };
  } catch (thrown) {
    if (thrown instanceof DataError && thrown.exitCode === exitCodes.transient)
      return { kind: 'metric-missing', metric: 'FID', why: thrown.message };
    throw thrown;
  }
}

/** @throws DataError as `scoringSources`, and when the reference was made with other features */
export async function openInceptionScorer(
  dataset: PhotographSet,
  request: ScorerRequest,
  files: ScoringFiles,
): Promise<Scorer | Extract<Warning, { kind: 'metric-missing' }>> {
  const sources = await scoringSources(dataset, files, request);
  if ('kind' in sources) return sources;
  const { graph, reference } = sources;
  const outputs = ['logits', ...(reference.spatial ? (['spatial'] as const) : [])] as const;
  const extractor = new Inception2015(graph.where, graph.bytes, { batchImages, outputs });
  try {
    requireSameFeatures(reference, extractor);
  } catch (thrown) {
    extractor.close();
    throw thrown;
  }
  return new InceptionScorer(request, sources, extractor);
}

class InceptionScorer implements Scorer {
  private readonly request: ScorerRequest;
  private readonly sources: ScoringSources;
  private readonly extractor: FeatureExtractor;
  private readonly floors = new Map<number, Floor>();
  /** Features of the reference's own images, once they were needed. */
  private referenceSet: FeatureSet | null = null;

  constructor(request: ScorerRequest, sources: ScoringSources, extractor: FeatureExtractor) {
    this.request = request;
    this.sources = sources;
    this.extractor = inFloat32(extractor, request);
  }

  followed(samples: number): Pick<MeasuredScore, 'metric' | 'identity'> {
    const set = { count: samples, extractor: this.extractor.identity, batchImages };
    const { id, images, reference } = this.sources;
    const against = { id, images, sha256: reference.sha256 };
    const options = measureOptions(this.request, engineAlgebra);
    return { metric: metricName('fid', samples), identity: measuredIdentity('fid', set, against, options) };
  }

  async score(images: Uint8Array): Promise<MeasuredScore> {
    const set = await this.features(images, 'features', false);
    try {
      return measure(set, this.against(null), ['fid'], measureOptions(this.request, engineAlgebra)).scores[0];
    } finally {
      set.close();
    }
  }

  async scoreFully(images: Uint8Array): Promise<MeasuredScores> {
    const set = await this.features(images, 'features', true);
    try {
      const reference = await this.reference();
      const options = measureOptions(this.request, engineAlgebra);
      const { scores, warnings } = measure(set, reference, familiesOf('inception'), options);
      return { scores, warnings: byReason(warnings) };
    } finally {
      set.close();
    }
  }

  async floor(samples: number): Promise<Floor | null> {
    const { source } = this.request;
    const known = this.floors.get(samples);
    if (known) return known;
    if (!source || source.heldOutImages === 'unlimited' || source.heldOutImages < samples) return null;
    const { value } = await this.score(heldOut(source, 0, samples));
    const floor = { value, samples };
    this.floors.set(samples, floor);
    return floor;
  }

  close(): void {
    this.referenceSet?.close();
    this.extractor.close();
  }

  private features(images: Uint8Array, label: string, keepRows: boolean): Promise<FeatureSet> {
    const side = this.request.plan.recipe.network.resolution;
    return this.collect(memoryImages('samples', images, side, side), label, keepRows);
  }

  private async collect(
    images: ReturnType<typeof memoryImages>,
    label: string,
    keepRows: boolean,
  ): Promise<FeatureSet> {
    const { output, clock } = this.request;
    const progress = new Progress(output, clock, { label, total: images.count, unit: 'images' });
    return collectFeatures(images, this.extractor, {
      algebra: engineAlgebra,
      keepRows,
      onImages: (done) => progress.update(done),
    });
  }

  private async reference(): Promise<MeasuringReference> {
    const { reference } = this.sources;
    if (reference.images && !this.referenceSet) {
      this.referenceSet = await this.collect(await openImages(reference.path), 'features of reference images', true);
    }
    return this.against(this.referenceSet?.rows ?? null);
  }

  private against(rows: FeatureRows | null): MeasuringReference {
    const { id, images, reference } = this.sources;
    const { sha256, pool, spatial } = reference;
    return { id, sha256, images, pool, spatial, rows };
  }
}

/** Features are taken in full float32, whatever training was allowed: TensorFloat-32 moves FID in its third digit. */
function inFloat32(extractor: FeatureExtractor, { engine, plan }: ScorerRequest): FeatureExtractor {
  const { binding } = engine;
  return {
    identity: extractor.identity,
    widths: extractor.widths,
    batchImages: extractor.batchImages,
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

function requireSameFeatures({ path, pool, provenance }: ReferenceStatistics, extractor: FeatureExtractor): void {
  const { widths, identity } = extractor;
  const width = pool.mean.length;
  const other = provenance && provenance.extractorSha256 !== identity.extractorSha256;
  if (width === widths.pool && !other) return;
  throw new DataError({
    where: path,
    got: described(
      other
        ? `statistics of ${provenance.extractor} (sha256 ${provenance.extractorSha256.slice(0, 12)})`
        : `statistics of ${width} features`,
    ),
    expected: `those of ${identity.extractor} (sha256 ${identity.extractorSha256.slice(0, 12)}), ${widths.pool} features`,
    remedy: 'Name a reference that was made with the graph that scores the images',
  });
}
