/** @file Every metric of one set of features against one reference, each with its identity; what could not be measured is said. */
import { HarnessError } from '../core/errors.ts';
import type { Warning } from '../core/warnings.ts';
import { drawFitSubsets, fdInfinity, fitPoints, fitSizes } from './values/fd-infinity.ts';
import type { FeatureRows } from './features/rows.ts';
import type { FeatureSet } from './features/set.ts';
import { frechetDistance, type FrechetDistance, type WhenSingular } from './values/frechet.ts';
import type { Gaussian } from './linalg/gaussian.ts';
import { columnName, fewSamplesWarning, metricName, type MetricFamily, type MetricIdentity } from './identity.ts';
import { blockScore, shuffledScore } from './values/inception-score.ts';
import { drawSubsets, kid, type KidProtocol } from './values/kid.ts';
import type { Algebra } from './linalg/algebra.ts';
import { neighbourMetrics } from './values/precision-recall.ts';

export interface Measurement {
  readonly family: MetricFamily;
  /** `fid50k`, `fid@2500`. */
  readonly metric: string;
  /** `fid50k/nfe1`. */
  readonly column: string;
  readonly value: number;
  /** Over splits or subsets; null where the metric has none. */
  readonly spread: number | null;
  /** Parts and parameters of the value, by name. */
  readonly details: Readonly<Record<string, number | string | readonly number[]>>;
  readonly identity: MetricIdentity;
  readonly warnings: readonly Warning[];
}

/** What the generated images are measured against. */
export interface MeasuringReference {
  readonly id: string;
  readonly sha256: string;
  readonly images: number | null;
  readonly pool: Gaussian;
  readonly spatial: Gaussian | null;
  /** Features of the reference images, by the same extractor; null where only statistics are known. */
  readonly rows: FeatureRows | null;
}

export interface MeasureOptions {
  readonly algebra: Algebra;
  readonly device: 'cpu' | 'gpu';
  readonly whenSingular: WhenSingular;
  readonly quantisation: MetricIdentity['quantisation'];
  readonly nfe: number | null;
  /** Subsets and kernel of KID; `torchFidelityKid` is the published protocol. */
  readonly kid: KidProtocol;
  /** Names the draws of FD-infinity. */
  readonly seed: number;
}

export interface Measured {
  readonly measurements: readonly Measurement[];
  /** Metrics that could not be measured, and why. */
  readonly missing: readonly Warning[];
}

/** Splits of torch-fidelity's Inception Score. */
const scoreSplits = 10;
/** Neighbours of all published precision and recall, and of density and coverage in prdc. */
const neighbours = { precision: 3, density: 5 } as const;

/**
 * Measures all that can be measured. The Fréchet distance itself is not optional: its refusal is thrown; any other refusal becomes a
 * `metric-missing` warning with the whole reason.
 * Source: facts of each metric in its own file; FD-infinity's sizes as dgm-eval `fd.py` (from min(5000, n / 10) to n).
 */
export function measure(set: FeatureSet, reference: MeasuringReference, options: MeasureOptions): Measured {
  const context = { set, reference, options };
  const measurements: Measurement[] = [fid(context)];
  const missing: Warning[] = [];
  for (const { families, take } of optional) {
    const reason = attempt(() => measurements.push(...take(context)));
    if (reason === undefined) continue;
    for (const family of families) {
      missing.push({ kind: 'metric-missing', metric: metricName(family, set.count), why: reason });
    }
  }
  return { measurements, missing };
}

interface Context {
  readonly set: FeatureSet;
  readonly reference: MeasuringReference;
  readonly options: MeasureOptions;
}

interface Optional {
  readonly families: readonly MetricFamily[];
  /** Measures, or throws why not. */
  readonly take: (context: Context) => Measurement[];
}

const optional: readonly Optional[] = [
  { families: ['sfid'], take: spatialFid },
  { families: ['is', 'is-openai'], take: inceptionScores },
  { families: ['kid'], take: kernelDistance },
  { families: ['precision', 'recall', 'density', 'coverage'], take: neighbourShares },
  { families: ['fd-infinity'], take: extrapolated },
];

/** Why a metric cannot be measured on these inputs. */
class Unavailable extends Error {}

function attempt(take: () => unknown): string | undefined {
  try {
    take();
    return undefined;
  } catch (thrown) {
    if (thrown instanceof Unavailable || thrown instanceof HarnessError) return thrown.message;
    throw thrown;
  }
}

function fid(context: Context): Measurement {
  const { set, reference, options } = context;
  const distance = frechetDistance(set.pool(), reference.pool, options.algebra, options.whenSingular);
  return frechetMeasurement('fid', distance, context);
}

function spatialFid(context: Context): Measurement[] {
  const { set, reference, options } = context;
  if (!set.spatial) throw new Unavailable('the extractor gave no spatial features.');
  if (!reference.spatial) throw new Unavailable(`${reference.id} holds no mu_s and sigma_s.`);
  const distance = frechetDistance(set.spatial(), reference.spatial, options.algebra, options.whenSingular);
  return [frechetMeasurement('sfid', distance, context)];
}

function inceptionScores(context: Context): Measurement[] {
  const { logits } = context.set;
  if (!logits) throw new Unavailable('the extractor gave no logits.');
  const shuffled = shuffledScore(logits, scoreSplits);
  const blocks = blockScore(logits);
  return [
    measurement('is', shuffled.mean, shuffled.std, { splits: scoreSplits }, context, 'alone'),
    measurement('is-openai', blocks.mean, blocks.std, { blocks: blocks.perSplit.length }, context, 'alone'),
  ];
}

function kernelDistance(context: Context): Measurement[] {
  const { generated, real } = bothRows(context);
  const { algebra, kid: protocol } = context.options;
  const drawn = drawSubsets(generated.n, real.n, protocol);
  const distance = kid(generated, real, drawn, protocol.kernel, algebra);
  const { subsets, subsetSize } = protocol;
  return [measurement('kid', distance.mean, distance.std, { subsets, subsetSize }, context)];
}

function neighbourShares(context: Context): Measurement[] {
  const { generated, real } = bothRows(context);
  const ks = [neighbours.precision, neighbours.density];
  const [published, prdc] = neighbourMetrics(real, generated, ks, context.options.algebra);
  const details = { k: neighbours.precision, edge: 'inside', referenceRows: real.n };
  const strictDetails = { k: neighbours.density, edge: 'outside', referenceRows: real.n };
  return [
    measurement('precision', published!.nonStrict.precision, null, details, context),
    measurement('recall', published!.nonStrict.recall, null, details, context),
    measurement('density', prdc!.strict.density, null, strictDetails, context),
    measurement('coverage', prdc!.strict.coverage, null, strictDetails, context),
  ];
}

function extrapolated(context: Context): Measurement[] {
  const { set, reference, options } = context;
  if (!set.rows) throw new Unavailable('the features of the images were not kept.');
  const smallest = Math.min(5000, Math.max(Math.floor(set.count / 10), 2));
  const sizes = fitSizes(set.count, smallest);
  const subsets = drawFitSubsets(set.count, sizes, options.seed);
  const fit = fdInfinity(reference.pool, set.rows, subsets, options.algebra, options.whenSingular);
  const details = {
    slope: fit.slope,
    rSquared: fit.rSquared,
    residualSumOfSquares: fit.residualSumOfSquares,
    points: fitPoints,
    sizes,
    distances: [...fit.distances],
    seed: options.seed,
  };
  const clamped: Warning[] =
    fit.clampedCount > 0 ? [{ kind: 'clamped-eigenvalues', metric: 'fd-infinity', clamped: fit.clampedCount }] : [];
  return [measurement('fd-infinity', fit.value, null, details, context, 'reference', clamped)];
}

function bothRows({ set, reference }: Context): { generated: FeatureRows; real: FeatureRows } {
  if (!set.rows) throw new Unavailable('the features of the images were not kept.');
  if (!reference.rows) throw new Unavailable(`${reference.id} holds no reference images (arr_0).`);
  return { generated: set.rows, real: reference.rows };
}

function frechetMeasurement(family: 'fid' | 'sfid', distance: FrechetDistance, context: Context): Measurement {
  const { value, meanTerm, traceTerm, minEigenvalue, clampedCount, route } = distance;
  const metric = metricName(family, context.set.count);
  const clamped: Warning[] = clampedCount > 0 ? [{ kind: 'clamped-eigenvalues', metric, clamped: clampedCount }] : [];
  const details = { meanTerm, traceTerm, minEigenvalue, clampedCount, route };
  return measurement(family, value, null, details, context, 'reference', clamped);
}

function measurement(
  family: MetricFamily,
  value: number,
  spread: number | null,
  details: Measurement['details'],
  { set, reference, options }: Context,
  against: 'reference' | 'alone' = 'reference',
  warnings: readonly Warning[] = [],
): Measurement {
  const identity: MetricIdentity = {
    ...set.extractor,
    reference: against === 'alone' ? null : reference.id,
    referenceSha256: against === 'alone' ? null : reference.sha256,
    referenceImages: against === 'alone' ? null : reference.images,
    samples: set.count,
    quantisation: options.quantisation,
    nfe: options.nfe,
    batchImages: set.batchImages,
    device: options.device,
    algebra: options.algebra.id,
  };
  const few = fewSamplesWarning(family, set.count);
  return {
    family,
    metric: metricName(family, set.count),
    column: columnName(family, identity),
    value,
    spread,
    details,
    identity,
    warnings: few ? [few, ...warnings] : warnings,
  };
}
