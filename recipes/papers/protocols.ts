/** @file How the published numbers were measured, per data set and metric; a claim does not compile without one of these. */
import type { Protocol, PublishedMetric } from '../../harness/recipe/claim.ts';

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

/** The protocol of a metric on CIFAR-10: the statistics of the training split by TensorFlow's graph. */
export const cifar10Protocol = (metric: PublishedMetric, work: string): Protocol =>
  protocol(metric, 'cifar10-legacy-tensorflow-train', work === 'CT' ? ctCifar : assumed);

/** The protocol of a metric on ImageNet 64x64: the evaluation suite of ADM. */
export const imagenet64Protocol = (metric: PublishedMetric, work: string): Protocol =>
  protocol(metric, 'imagenet64-adm-suite', work === 'CT' ? ctImagenet : assumed);
