/** @file The scorer of each data set. */
import type { OpenScorer } from './scorer.ts';
import { openShapesScorer } from './shapes-scorer.ts';

/** fd-shapes for the twin; FID where Inception and the reference statistics can be had. */
export const openScorer: OpenScorer = async (source) => {
  switch (source.id) {
    case 'shapes':
      return openShapesScorer(source);
    case 'cifar10':
    case 'imagenet64':
      return {
        kind: 'metric-missing',
        metric: 'FID',
        why: 'this version has no Inception features yet; training, samples and throughput are reported without it',
      };
  }
};
