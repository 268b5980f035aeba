/** @file Table of the kinds of reference cases, each loaded when the first case of that kind is met. */
import { judgedAsMetric, judgedAsNetwork, type JudgedKind } from './judge/judge-case.ts';
import type { MetricKind, NetworkKind } from './kinds/kind.ts';

/** A module of `kinds/`. */
type Load<K> = () => Promise<{ readonly kind: K }>;

const networks: Readonly<Record<string, Load<NetworkKind>>> = {
  schedule: () => import('./kinds/networks/schedule.ts'),
  'param-count': () => import('./kinds/networks/param-count.ts'),
  ncsnpp: () => import('./kinds/networks/ncsnpp.ts'),
  adm: () => import('./kinds/networks/adm.ts'),
  'ncsnpp-block': () => import('./kinds/networks/ncsnpp-block.ts'),
  'ncsnpp-dropout': () => import('./kinds/networks/ncsnpp-dropout.ts'),
  'full-size': () => import('./kinds/networks/full-size.ts'),
  'ct-loss': () => import('./kinds/networks/ct-loss.ts'),
  radam: () => import('./kinds/networks/radam.ts'),
  ema: () => import('./kinds/networks/ema.ts'),
  trajectory: () => import('./kinds/networks/trajectory.ts'),
  sampler: () => import('./kinds/networks/sampler.ts'),
  lpips: () => import('./kinds/networks/lpips.ts'),
  'lpips-lin': () => import('./kinds/networks/lpips-lin.ts'),
  interpolation: () => import('./kinds/networks/interpolation.ts'),
  preconditioning: () => import('./kinds/networks/preconditioning.ts'),
};

const metrics: Readonly<Record<string, Load<MetricKind>>> = {
  frechet: () => import('./kinds/metrics/frechet.ts'),
  'streaming-moments': () => import('./kinds/metrics/streaming-moments.ts'),
  kid: () => import('./kinds/metrics/kid.ts'),
  'inception-score': () => import('./kinds/metrics/inception-score.ts'),
  'precision-recall': () => import('./kinds/metrics/precision-recall.ts'),
  'reference-stats': () => import('./kinds/metrics/reference-stats.ts'),
  'inception-graph': () => import('./kinds/metrics/inception-graph.ts'),
  'fd-infinity': () => import('./kinds/metrics/fd-infinity.ts'),
  uint8: () => import('./kinds/metrics/uint8.ts'),
  'png-samples': () => import('./kinds/metrics/png-samples.ts'),
  'cifar-binary': () => import('./kinds/metrics/cifar-binary.ts'),
  'imagenet64-npz': () => import('./kinds/metrics/imagenet64-npz.ts'),
  'image-preprocess': () => import('./kinds/metrics/image-preprocess.ts'),
};

/** Name of a kind -> the kind, judged as its set is. */
export const kinds: Readonly<Record<string, () => Promise<JudgedKind>>> = {
  ...judged(networks, judgedAsNetwork),
  ...judged(metrics, judgedAsMetric),
};

function judged<K>(set: Readonly<Record<string, Load<K>>>, judgedAs: (kind: K) => JudgedKind) {
  const entries = Object.entries(set).map(([name, load]) => [name, async () => judgedAs((await load()).kind)] as const);
  return Object.fromEntries(entries);
}
