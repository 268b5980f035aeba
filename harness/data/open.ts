/** @file Any data set by its name. */
import type { DatasetId } from '../recipe/types.ts';
import { openCifar10 } from './cifar10.ts';
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

/**
 * Opens a data set, downloading, verifying and packing it first if need be.
 * @throws DataError when the data can be neither found nor made; the message says what to do
 */
export async function openSource(id: DatasetId, context: DataContext, choice: DataChoice = {}): Promise<ImageSource> {
  switch (id) {
    case 'shapes':
      return openShapes();
    case 'cifar10':
      return openCifar10(context, choice.data);
    case 'imagenet64':
      return openImagenet64(context, choice.data, choice.networkClasses, choice.preprocessing);
  }
}
