/**
 * @file Measuring protocols of the published numbers, per data set and metric.
 *
 * A claim without one does not compile.
 */
import type { Protocol, PublishedMetric } from '../../harness/recipe/claim.ts';
import type { PublishedDatasetId } from '../../harness/recipe/dataset.ts';

/** What the protocols of both data sets have in common; no hash of the 2015 Inception graph is published by anyone. */
const inception = {
  samples: 50_000,
  weights: 'sampling-ema',
  quantisation: 'truncate',
  extractor: 'inception-2015',
  extractorSha256: null,
  resize: 'legacy-bilinear-299',
  precisions: ['float32', 'tf32'],
} as const;

const ctCifar = 'openai/consistency_models_cifar10 jcm/metrics.py';
const ctImagenet = 'openai/consistency_models evaluations/evaluator.py';
const assumed = 'iCT does not publish it: that of CT is assumed';

/** Inception Score has no reference. */
function protocol(metric: PublishedMetric, reference: string, source: string): Protocol {
  return { ...inception, reference: metric === 'is50k' ? null : reference, source };
}

/** The protocol of a metric of a work on each data set. */
export const protocols: Readonly<Record<PublishedDatasetId, (metric: PublishedMetric, work: string) => Protocol>> = {
  /** The statistics of the training split by TensorFlow's graph. */
  cifar10: (metric, work) => protocol(metric, 'cifar10-legacy-tensorflow-train', work === 'CT' ? ctCifar : assumed),
  /** The evaluation suite of ADM. */
  imagenet64: (metric, work) => protocol(metric, 'imagenet64-adm-suite', work === 'CT' ? ctImagenet : assumed),
};
