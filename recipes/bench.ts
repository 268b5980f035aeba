/** @file Networks and batches for benchmarks; no training result is reported for them. */
import { derive } from '../harness/recipe/derive.ts';
import type { Scale } from '../harness/recipe/scale.ts';
import type { Recipe } from '../harness/recipe/types.ts';
import * as cifar10 from './cifar10.ts';
import { scales } from './scales.ts';
import * as shapes from './shapes.ts';

export interface BenchSize {
  readonly recipe: Recipe;
  readonly scale: Scale;
  /** Images per call of the sampler. */
  readonly sampleImages: number;
}

/** NCSN++ of 7.1 M parameters at batch 16. */
const small = derive(cifar10.ict, {
  id: 'bench-small',
  version: 1,
  source: 'cifar10-ict, narrower and shallower: half a minute of two cores for a table',
  network: { baseChannels: 64, channelMultipliers: [1, 2, 2], blocksPerLevel: 2 },
  tuning: { batchImages: 16, dropout: 0.1 },
  deviations: [],
});

/** The published network of iCT on CIFAR-10, whole, at batch 2. */
const full = derive(cifar10.ict, {
  id: 'bench-full',
  version: 1,
  source: 'cifar10-ict with a batch that two cores can carry',
  tuning: { batchImages: 2 },
  deviations: [],
});

/** No finer grid than bfloat16 may train on; the number of levels does not alter the time of a step. */
const coarse = (scale: Scale): Scale => ({ ...scale, maxIntervals: 20 });

export const benchSizes = {
  small: { recipe: small, scale: coarse(scales.cifar10.paper!), sampleImages: 32 },
  full: { recipe: full, scale: coarse(scales.cifar10.paper!), sampleImages: 4 },
  twin: { recipe: shapes.ict, scale: coarse(scales.shapes.twin!), sampleImages: 250 },
} as const satisfies Readonly<Record<string, BenchSize>>;

export type BenchSizeName = keyof typeof benchSizes;
