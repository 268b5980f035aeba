/**
 * @file Measures all metrics of one feature set against one reference, each with its identity.
 *
 * A metric that cannot be measured becomes a warning with the reason.
 */
import { HarnessError } from '../core/errors.ts';
import type { Warning } from '../core/warnings.ts';
import type { MeasuredIdentity } from '../score/identity.ts';
import { metricName, metrics, type MetricFamily } from '../score/metric.ts';
import { drawFitSubsets, fdInfinity, fitPoints, fitSizes } from './values/fd-infinity.ts';
import type { FeatureRows } from './features/rows.ts';
import type { FeatureSet } from './features/set.ts';
import { frechetDistance, type WhenSingular } from './values/frechet.ts';
import type { Gaussian } from './linalg/gaussian.ts';
import type { NamedReference } from './reference/reference.ts';
import { blockScore, shuffledScore } from './values/inception-score.ts';
import { drawSubsets, kid, type KidProtocol } from './values/kid.ts';
import type { Algebra } from './linalg/algebra.ts';
import { neighbourMetrics, type NeighbourMetrics } from './values/precision-recall.ts';

/** The part of a score that is known of images whoever drew them. */
export interface MeasuredScore {
  /** `fid50k`, `fid@2500`. */
  readonly metric: string;
  readonly value: number;
  /** Over splits or subsets; null where the metric has none. */
  readonly spread: number | null;
  /** Eigenvalues that were set to zero; 0 where all of them count, or there are none. */
  readonly clamped: number;
  /** Parts and parameters of the value, by name. */
  readonly details: Readonly<Record<string, number | string | readonly number[]>>;
  readonly identity: MeasuredIdentity;
}

export interface MeasuredScores {
  /** In the order of the families that were asked for; those that could not be measured are left out. */
  readonly scores: readonly [MeasuredScore, ...MeasuredScore[]];
  /** Eigenvalues that were set to zero, and metrics that could not be measured. */
  readonly warnings: readonly Warning[];
}

/** What images are measured against. */
export interface MeasuringReference extends Pick<NamedReference, 'id' | 'sha256' | 'count' | 'pool' | 'spatial'> {
  /** Null where only statistics are known. */
  readonly rows: ReferenceRows | null;
}

/** Images that others are compared with one by one: those of the reference, or of its data set. */
export interface ReferenceRows {
  readonly id: string;
  readonly sha256: string;
  /** By the extractor that scores. */
  readonly features: FeatureRows;
}

export interface MeasureOptions {
  readonly algebra: Algebra;
  readonly device: MeasuredIdentity['device'];
  readonly whenSingular: WhenSingular;
  /** Subsets and kernel of KID; `torchFidelityKid` is the published protocol. */
  readonly kid: KidProtocol;
  /** Names the draws of FD-infinity. */
  readonly seed: number;
  /** Told after each family, measured or not. */
  readonly onFamily?: (family: MetricFamily) => void;
}

/** The features that are measured. */
export type MeasuredSet = Omit<FeatureSet, 'name' | 'height' | 'width' | 'imagesSha256' | 'close'>;

/** Splits of torch-fidelity's Inception Score. */
const scoreSplits = 10;
/** Neighbours of all published precision and recall, and of density and coverage in prdc. */
const neighbours = { published: 3, prdc: 5 } as const;

/**
 * Measures families of metrics. The first is not optional: its refusal is thrown; any other refusal becomes a `metric-missing` warning
 * with the whole reason.
 * Source: facts of each metric in its own file; FD-infinity's sizes as dgm-eval `fd.py` (from min(5000, n / 10) to n).
 */
export function measure(
  set: MeasuredSet,
  reference: MeasuringReference,
  [first, ...others]: readonly [MetricFamily, ...MetricFamily[]],
  options: MeasureOptions,
): MeasuredScores {
  const context: Context = { set, reference, options, neighbours: once(() => nearest(context)) };
  const scores: [MeasuredScore, ...MeasuredScore[]] = [score(context, first, measurements[first](context))];
  options.onFamily?.(first);
  const missing: Warning[] = [];
  for (const family of others) {
    const value = attempt(() => measurements[family](context));
    if (typeof value !== 'string') scores.push(score(context, family, value));
    else missing.push({ kind: 'metric-missing', metric: metricName(family, set.count), why: value });
    options.onFamily?.(family);
  }
  return { scores, warnings: [...scores.flatMap(clampedWarning), ...missing] };
}

interface Context {
  readonly set: MeasuredSet;
  readonly reference: MeasuringReference;
  readonly options: MeasureOptions;
  /** One pass over all pairs of rows, for the four metrics that are made of it. */
  readonly neighbours: () => Neighbours;
}

/** What a family adds to a score. */
type Value = Pick<MeasuredScore, 'value' | 'details'> & Partial<Pick<MeasuredScore, 'spread' | 'clamped'>>;

/** One row per family: measures it, or throws why not. */
const measurements: Readonly<Record<MetricFamily, (context: Context) => Value>> = {
  fid: poolDistance,
  sfid: spatialDistance,
  is: shuffledInceptionScore,
  'is-openai': blockInceptionScore,
  kid: kernelDistance,
  precision: (context) => publishedShare(context, 'precision'),
  recall: (context) => publishedShare(context, 'recall'),
  density: (context) => prdcShare(context, 'density'),
  coverage: (context) => prdcShare(context, 'coverage'),
  'fd-infinity': extrapolatedDistance,
  'fd-shapes': poolDistance,
  'fd-encoder': poolDistance,
};

/** Why a metric cannot be measured on these inputs. */
class Unavailable extends Error {}

function attempt(take: () => Value): Value | string {
  try {
    return take();
  } catch (thrown) {
    if (thrown instanceof Unavailable || thrown instanceof HarnessError) return thrown.message;
    throw thrown;
  }
}

function score({ set, reference, options }: Context, family: MetricFamily, value: Value): MeasuredScore {
  return { ...measuredAs(family, set, reference, options), spread: null, clamped: 0, ...value };
}

/** Name and identity of a family's score. */
export function measuredAs(
  family: MetricFamily,
  { count, extractor, batchImages }: Pick<MeasuredSet, 'count' | 'extractor' | 'batchImages'>,
  reference: Pick<MeasuringReference, 'id' | 'sha256' | 'count' | 'rows'>,
  { device }: Pick<MeasureOptions, 'device'>,
): Pick<MeasuredScore, 'metric' | 'identity'> {
  const { rows } = reference;
  const compared = { statistics: reference, images: rows && { ...rows, count: rows.features.n } };
  const kind = metrics[family].reference;
  const against = kind && compared[kind];
  const identity = {
    ...extractor,
    reference: against?.id ?? null,
    referenceSha256: against?.sha256 ?? null,
    referenceImages: against?.count ?? null,
    samples: count,
    batchImages,
    device,
  };
  return { metric: metricName(family, count), identity };
}

function clampedWarning({ metric, clamped }: MeasuredScore): Warning[] {
  return clamped > 0 ? [{ kind: 'clamped-eigenvalues', metric, clamped }] : [];
}

function poolDistance({ set, reference, options }: Context): Value {
  return distance(set.pool(), reference.pool, options);
}

function spatialDistance({ set, reference, options }: Context): Value {
  if (!set.spatial) throw new Unavailable('the extractor gave no spatial features.');
  if (!reference.spatial) throw new Unavailable(`${reference.id} holds no mu_s and sigma_s.`);
  return distance(set.spatial(), reference.spatial, options);
}

function distance(generated: Gaussian, real: Gaussian, { algebra, whenSingular }: MeasureOptions): Value {
  const { value, meanTerm, traceTerm, minEigenvalue, clampedCount, route } = frechetDistance(
    generated,
    real,
    algebra,
    whenSingular,
  );
  return { value, details: { meanTerm, traceTerm, minEigenvalue, clampedCount, route }, clamped: clampedCount };
}

function shuffledInceptionScore({ set }: Context): Value {
  const { mean, std } = shuffledScore(logitsOf(set), scoreSplits);
  return { value: mean, spread: std, details: { splits: scoreSplits } };
}

function blockInceptionScore({ set }: Context): Value {
  const { mean, std, perSplit } = blockScore(logitsOf(set));
  return { value: mean, spread: std, details: { blocks: perSplit.length } };
}

function logitsOf({ logits }: MeasuredSet): FeatureRows {
  if (!logits) throw new Unavailable('the extractor gave no logits.');
  return logits;
}

function kernelDistance(context: Context): Value {
  const { generated, real } = bothRows(context);
  const { algebra, kid: protocol } = context.options;
  const { subsets, subsetSize, kernel } = protocol;
  const { mean, std } = kid(generated, real, drawSubsets(generated.n, real.n, protocol), kernel, algebra);
  return { value: mean, spread: std, details: { subsets, subsetSize } };
}

function publishedShare(context: Context, family: 'precision' | 'recall'): Value {
  const { published, referenceRows } = context.neighbours();
  return {
    value: published.nonStrict[family],
    details: { k: published.k, edge: 'inside', referenceRows },
  };
}

function prdcShare(context: Context, family: 'density' | 'coverage'): Value {
  const { prdc, referenceRows } = context.neighbours();
  return { value: prdc.strict[family], details: { k: prdc.k, edge: 'outside', referenceRows } };
}

interface Neighbours {
  readonly published: NeighbourMetrics;
  readonly prdc: NeighbourMetrics;
  readonly referenceRows: number;
}

function nearest(context: Context): Neighbours {
  const { generated, real } = bothRows(context);
  const ks = [neighbours.published, neighbours.prdc];
  const [published, prdc] = neighbourMetrics(real, generated, ks, context.options.algebra);
  return { published: published!, prdc: prdc!, referenceRows: real.n };
}

function extrapolatedDistance({ set, reference, options }: Context): Value {
  const rows = rowsOf(set);
  const smallest = Math.min(5000, Math.max(Math.floor(set.count / 10), 2));
  const sizes = fitSizes(set.count, smallest);
  const subsets = drawFitSubsets(set.count, sizes, options.seed);
  const fit = fdInfinity(reference.pool, rows, subsets, options.algebra, options.whenSingular);
  const { value, slope, rSquared, residualSumOfSquares, distances, clampedCount } = fit;
  const { seed } = options;
  return {
    value,
    details: { slope, rSquared, residualSumOfSquares, points: fitPoints, sizes, distances: [...distances], seed },
    clamped: clampedCount,
  };
}

function bothRows({ set, reference }: Context): { generated: FeatureRows; real: FeatureRows } {
  const generated = rowsOf(set);
  if (!reference.rows) throw new Unavailable(`${reference.id} holds no reference images (arr_0).`);
  return { generated, real: reference.rows.features };
}

function rowsOf({ rows }: MeasuredSet): FeatureRows {
  if (!rows) throw new Unavailable('the features of the images were not kept.');
  return rows;
}

/** Computes a value when it is first asked for, and no second time. */
function once<T>(compute: () => T): () => T {
  let computed: { readonly value: T } | undefined;
  return () => (computed ??= { value: compute() }).value;
}
