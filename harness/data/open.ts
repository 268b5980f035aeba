/** @file Opens a data set by its name. */
import { DataError } from '../core/errors.ts';
import { datasets, type DatasetId } from '../recipe/dataset.ts';
import { bytesToFetch, openCifar10 } from './cifar10.ts';
import { openImagenet64 } from './imagenet64.ts';
import type { DataContext } from './packed.ts';
import type { Preprocessing } from './preprocess.ts';
import { openShapes } from './shapes.ts';
import type { ImageSource } from './source.ts';

export interface DataChoice {
  /** `--data`: a file or folder to be used in place of what would be downloaded; what it holds is recorded. */
  readonly data?: string;
  /** How photographs are made small; the published results used `adm`. */
  readonly preprocessing?: Preprocessing;
  /** Labels of the network that is to be trained; null or absent where it has none. More classes than these are refused. */
  readonly networkClasses?: number | null;
}

type Open = (context: DataContext, choice: DataChoice) => Promise<ImageSource> | ImageSource;

const openers: Readonly<Record<DatasetId, Open>> = {
  shapes: () => openShapes(),
  cifar10: (context, { data }) => openCifar10(context, data),
  imagenet64: (context, { data, networkClasses, preprocessing }) =>
    openImagenet64(context, data, networkClasses, preprocessing),
};

/** ImageNet is named by a person, and its size known only once it is read. */
const bytesToOpen: Readonly<Record<DatasetId, (context: Pick<DataContext, 'cache'>) => number>> = {
  shapes: () => 0,
  cifar10: bytesToFetch,
  imagenet64: () => 0,
};

/** Bytes that opening a data set without named files will still write into the cache. */
export function bytesStillFetched(id: DatasetId, context: Pick<DataContext, 'cache'>): number {
  return bytesToOpen[id](context);
}

/**
 * Opens a data set, downloading, verifying and packing it first if need be.
 * @throws DataError when the data can be neither found nor made, or files are named for a set that is drawn; the message says what to do
 */
export async function openSource(id: DatasetId, context: DataContext, choice: DataChoice = {}): Promise<ImageSource> {
  if (datasets[id].generated && choice.data !== undefined) {
    const expected = `no file: ${id} is drawn by this project`;
    throw new DataError({ where: '--data', got: choice.data, expected, remedy: 'Leave --data out' });
  }
  return openers[id](context, choice);
}
