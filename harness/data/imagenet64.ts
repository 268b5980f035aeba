/**
 * @file ImageNet 64x64, of two kinds that are not comparable: the photographs of ILSVRC-2012 made small here as for CT, iCT and ADM, and
 * the downsampled edition, which was squeezed to 64x64 without cropping.
 */
import { isFolder, namesIn } from '../system/files.ts';
import { resolve } from 'node:path';
import { DataError, described } from '../core/errors.ts';
import { packDownsampled } from './imagenet64-downsampled.ts';
import { packPhotographs } from './imagenet64-photographs.ts';
import { openPacked, type DataContext } from './packed.ts';
import type { Preprocessing } from './preprocess.ts';
import type { ImageSource } from './source.ts';

/**
 * Opens ImageNet 64x64, packing it into the cache first if need be (photographs: about 2 hours of one core, resumable; 15.7 GB).
 * @param data the folder of training photographs (`n01440764/n01440764_18.JPEG`, ...), or a folder with the archives or the unpacked
 *   `.npz` files of the downsampled edition
 * @param preprocessing of photographs; the published results used `adm`
 * @throws DataError when no folder is named, or it holds neither
 */
export async function openImagenet64(
  context: DataContext,
  data: string | undefined,
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
  const isDownsampled = namesIn(path).some((name) => /\.(npz|zip)$/i.test(name));
  const folder = isDownsampled
    ? await packDownsampled(context, path)
    : await packPhotographs(context, path, preprocessing);
  return openPacked(folder, context);
}
