/** @file The kinds of reference cases this project can run: one line each, loaded only when a case of that kind is met. */
import { hasManyDimensions } from './judge/dimensions.ts';
import type { Kind } from './kinds/kind.ts';

export const kinds: Readonly<Record<string, Kind>> = {
  schedule: { engine: false, load: () => import('./kinds/networks/schedule.ts') },
  'param-count': { engine: false, load: () => import('./kinds/networks/param-count.ts') },
  ncsnpp: { engine: true, load: () => import('./kinds/networks/ncsnpp.ts') },
  adm: { engine: true, load: () => import('./kinds/networks/adm.ts') },
  'ncsnpp-block': { engine: true, load: () => import('./kinds/networks/ncsnpp-block.ts') },
  'ncsnpp-dropout': { engine: true, load: () => import('./kinds/networks/ncsnpp-dropout.ts') },
  'full-size': { engine: true, load: () => import('./kinds/networks/full-size.ts') },
  'ct-loss': { engine: true, load: () => import('./kinds/networks/ct-loss.ts') },
  radam: { engine: true, load: () => import('./kinds/networks/radam.ts') },
  ema: { engine: true, load: () => import('./kinds/networks/ema.ts') },
  trajectory: { engine: true, load: () => import('./kinds/networks/trajectory.ts') },
  sampler: {
    engine: (reference) => reference.config.operation !== 'quantise',
    load: () => import('./kinds/networks/sampler.ts'),
  },
  lpips: { engine: true, load: () => import('./kinds/networks/lpips.ts') },
  'lpips-lin': { engine: false, load: () => import('./kinds/networks/lpips-lin.ts') },
  interpolation: { engine: true, load: () => import('./kinds/networks/interpolation.ts') },
  preconditioning: { engine: false, load: () => import('./kinds/networks/preconditioning.ts') },
  frechet: { engine: hasManyDimensions, load: () => import('./kinds/metrics/frechet.ts') },
  'streaming-moments': { engine: false, load: () => import('./kinds/metrics/streaming-moments.ts') },
  kid: { engine: false, load: () => import('./kinds/metrics/kid.ts') },
  'inception-score': { engine: false, load: () => import('./kinds/metrics/inception-score.ts') },
  'precision-recall': { engine: false, load: () => import('./kinds/metrics/precision-recall.ts') },
  'reference-stats': { engine: false, load: () => import('./kinds/metrics/reference-stats.ts') },
  'inception-graph': { engine: true, load: () => import('./kinds/metrics/inception-graph.ts') },
  'fd-infinity': { engine: false, load: () => import('./kinds/metrics/fd-infinity.ts') },
  uint8: { engine: false, load: () => import('./kinds/metrics/uint8.ts') },
  'png-samples': { engine: false, load: () => import('./kinds/metrics/png-samples.ts') },
  'cifar-binary': { engine: false, load: () => import('./kinds/metrics/cifar-binary.ts') },
  'imagenet64-npz': { engine: false, load: () => import('./kinds/metrics/imagenet64-npz.ts') },
  'image-preprocess': { engine: false, load: () => import('./kinds/metrics/image-preprocess.ts') },
};
