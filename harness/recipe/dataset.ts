/** @file Table of data sets; every other list of data sets follows from it. */
import type { MetricFacts } from '../score/metric.ts';
import type { ScaleId } from './scale.ts';
import type { Device } from '../core/device.ts';

export interface DatasetFacts {
  readonly title: string;
  /** Width and height of an image, in pixels. */
  readonly resolution: number;
  /** Images of the published training set; null where images are drawn as they are needed. */
  readonly trainImages: number | null;
  /** Whether the images are drawn by this project: no paper gives numbers for them. */
  readonly generated: boolean;
  /** Seeds on which the numbers of its recipes were chosen: judged by them, a recipe is flattered. */
  readonly tunedOn: readonly number[];
  /** The network whose features are measured. */
  readonly scoring: MetricFacts['features'];
  /** The scale of a command that names none, by device. */
  readonly usualScale: Readonly<Record<Device, ScaleId>>;
}

/** In the order in which they are offered. */
export const datasets = {
  shapes: {
    title: 'shapes',
    resolution: 16,
    trainImages: null,
    generated: true,
    tunedOn: [0],
    scoring: 'shapes-classifier',
    usualScale: { cpu: 'smoke', gpu: 'smoke' },
  },
  cifar10: {
    title: 'CIFAR-10',
    resolution: 32,
    trainImages: 50_000,
    generated: false,
    tunedOn: [],
    scoring: 'inception',
    usualScale: { cpu: 'smoke', gpu: 'hour' },
  },
  imagenet64: {
    title: 'ImageNet 64\u00d764',
    resolution: 64,
    trainImages: 1_281_167,
    generated: false,
    tunedOn: [],
    scoring: 'inception',
    usualScale: { cpu: 'smoke', gpu: 'hour' },
  },
} as const satisfies Readonly<Record<string, DatasetFacts>>;

export type DatasetId = keyof typeof datasets;

/** Data sets of which the fact has the value. */
type DatasetWith<Fact extends keyof DatasetFacts, Value> = {
  [D in DatasetId]: (typeof datasets)[D][Fact] extends Value ? D : never;
}[DatasetId];

/** Data sets that papers give numbers for. */
export type PublishedDatasetId = DatasetWith<'generated', false>;

/** Data sets that are scored by these features. */
export type DatasetScoredBy<F extends MetricFacts['features']> = DatasetWith<'scoring', F>;

export const datasetIds = Object.keys(datasets) as [DatasetId, ...DatasetId[]];

export const publishedDatasetIds = datasetIds.filter((id): id is PublishedDatasetId => !datasets[id].generated);

export function isScoredBy<F extends MetricFacts['features']>(id: DatasetId, features: F): id is DatasetScoredBy<F> {
  return datasets[id].scoring === features;
}
