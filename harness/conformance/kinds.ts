/** @file The kinds of reference cases this project can run: one line each, loaded only when a case of that kind is met. */
import type { ConformanceCase } from './case.ts';
import { hasManyDimensions } from './dimensions.ts';
import type { Verdict } from './judge-tensors.ts';

/** Runs one case against the project's own public functions and judges it. */
export type KindRunner = (reference: ConformanceCase) => Verdict | Promise<Verdict>;

export interface Kind {
  /** Whether the engine must be loaded before the kind runs, or which of its cases need it. */
  readonly engine: boolean | ((reference: ConformanceCase) => boolean);
  readonly load: () => Promise<{ readonly run: KindRunner }>;
}

export const kinds: Readonly<Record<string, Kind>> = {
  schedule: { engine: false, load: () => import('./kinds/schedule.ts') },
  'param-count': { engine: false, load: () => import('./kinds/param-count.ts') },
  ncsnpp: { engine: true, load: () => import('./kinds/ncsnpp.ts') },
  adm: { engine: true, load: () => import('./kinds/adm.ts') },
  'ncsnpp-block': { engine: true, load: () => import('./kinds/ncsnpp-block.ts') },
  'ncsnpp-dropout': { engine: true, load: () => import('./kinds/ncsnpp-dropout.ts') },
  'full-size': { engine: true, load: () => import('./kinds/full-size.ts') },
  'ct-loss': { engine: true, load: () => import('./kinds/ct-loss.ts') },
  radam: { engine: true, load: () => import('./kinds/radam.ts') },
  ema: { engine: false, load: () => import('./kinds/ema.ts') },
  sampler: {
    engine: (reference) => reference.config.operation !== 'quantise',
    load: () => import('./kinds/sampler.ts'),
  },
  lpips: { engine: true, load: () => import('./kinds/lpips.ts') },
  'lpips-lin': { engine: false, load: () => import('./kinds/lpips-lin.ts') },
  interpolation: { engine: true, load: () => import('./kinds/interpolation.ts') },
  preconditioning: { engine: false, load: () => import('./kinds/preconditioning.ts') },
  frechet: { engine: hasManyDimensions, load: () => import('./kinds/frechet.ts') },
  'streaming-moments': { engine: false, load: () => import('./kinds/streaming-moments.ts') },
  kid: { engine: false, load: () => import('./kinds/kid.ts') },
  'inception-score': { engine: false, load: () => import('./kinds/inception-score.ts') },
  'precision-recall': { engine: false, load: () => import('./kinds/precision-recall.ts') },
  'reference-stats': { engine: false, load: () => import('./kinds/reference-stats.ts') },
  'inception-graph': { engine: true, load: () => import('./kinds/inception-graph.ts') },
  'fd-infinity': { engine: false, load: () => import('./kinds/fd-infinity.ts') },
  uint8: { engine: false, load: () => import('./kinds/uint8.ts') },
  'png-samples': { engine: false, load: () => import('./kinds/png-samples.ts') },
  'cifar-binary': { engine: false, load: () => import('./kinds/cifar-binary.ts') },
  'imagenet64-npz': { engine: false, load: () => import('./kinds/imagenet64-npz.ts') },
  'image-preprocess': { engine: false, load: () => import('./kinds/image-preprocess.ts') },
};
