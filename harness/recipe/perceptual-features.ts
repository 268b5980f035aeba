/** @file Table of the networks that a perceptual distance may look through, by version of their weights. */
import type { DatasetId } from './dataset.ts';

export const perceptualFeatures = {
  'shapes-encoder-1': { trainedOn: 'shapes' },
} as const satisfies Readonly<Record<string, { readonly trainedOn: DatasetId }>>;

export type PerceptualFeatures = keyof typeof perceptualFeatures;

export const perceptualFeatureNames = Object.keys(perceptualFeatures) as [PerceptualFeatures, ...PerceptualFeatures[]];
