/**
 * @file Opens ImageNet 64x64, of either edition: ILSVRC-2012 photographs resized here, or downsampled.
 *
 * The editions are not comparable: the photographs are resized and cropped as for CT, iCT and ADM, while the downsampled edition was
 * squeezed to 64x64 without cropping.
 */
import { isFolder } from '../system/files/files.ts';
import { resolve } from 'node:path';
import { DataError, described } from '../core/errors.ts';
import { listFolder } from '../system/files/folder-walk.ts';
import { holdsPhotographs } from './ilsvrc.ts';
import { findDownsampled, packDownsampled } from './imagenet64-downsampled.ts';
import { requireClasses } from './classes.ts';
import { packPhotographs } from './imagenet64-photographs.ts';
import { openPacked, type DataContext } from './packed.ts';
import type { Preprocessing } from './preprocess.ts';
import type { ImageSource } from './source.ts';

/**
 * Opens ImageNet 64x64, packing it into the cache first if need be (photographs: about 2 hours of one core, resumable; 15.7 GB).
 * @param data the folder of training photographs in one of the layouts of harness/data/ilsvrc.ts, or a folder with the archives or the
 *   unpacked `.npz` files of the downsampled edition, in folders of their own or not
 * @param networkClasses of the network that is to be trained; null where it has none
 * @param preprocessing of photographs; the published results used `adm`
 * @throws DataError when no folder is named, it holds neither or both, or has more classes than the network
 */
export async function openImagenet64(
  context: DataContext,
  data: string | undefined,
  networkClasses: number | null = null,
  preprocessing: Preprocessing = 'adm',
): Promise<ImageSource> {
  if (data === undefined) {
    throw new DataError({
      where: 'imagenet64',
      got: described('no --data'),
      expected:
        'the folder of the 1,281,167 training photographs of ILSVRC-2012 (CLS-LOC), or of downsampled ImageNet 64x64; both need an account',
      remedy: 'Fetch one of them and name its folder with --data; "npm run reproduce shapes" needs no download',
    });
  }
  const path = resolve(data);
  if (!isFolder(path)) {
    throw new DataError({ where: 'imagenet64', got: path, expected: 'a folder that exists', remedy: 'Check --data' });
  }
  const folder = isDownsampled(path)
    ? await packDownsampled(context, path)
    : await packPhotographs(context, path, preprocessing, networkClasses);
  const source = await openPacked(folder, context);
  requireClasses(path, source.classes, networkClasses);
  return source;
}

/** @throws DataError when the folder holds files of both kinds, or of the pickled edition */
function isDownsampled(path: string): boolean {
  const [file] = findDownsampled(path);
  const photographs = listFolder(path, 'the folder of a data set').find(holdsPhotographs);
  if (file === undefined || photographs === undefined) return file !== undefined;
  throw new DataError({
    where: path,
    got: described(`${file.name} of downsampled ImageNet and the photographs of ${photographs.name} side by side`),
    expected: 'one data set',
    remedy: 'Move the other one away, or name a folder below with --data',
  });
}
