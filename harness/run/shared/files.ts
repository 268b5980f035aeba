/** @file Table of the files that runs share through the cache: data, Inception, references, VGG16. */
import { join, relative } from 'node:path';
import { DataError, UsageError, described } from '../../core/errors.ts';
import { suggestion } from '../../core/suggest.ts';
import { publishedFolder } from '../../data/cifar10.ts';
import { openSource } from '../../data/open.ts';
import { openPacked, packedFiles, type DataContext } from '../../data/packed.ts';
import { fetchPublishedGraph, graphFolder, publishedGraph } from '../../metrics/features/inception/weights.ts';
import { pinnedFiles } from '../../metrics/reference/pinned-download.ts';
import { fetchPublishedReference, publishedReferences, referenceFolder } from '../../metrics/reference/published.ts';
import { exists, namesIn } from '../../system/files/files.ts';
import { keptVgg16, vgg16Weights } from '../../train/distance/lpips-weights.ts';

export interface SharedFile {
  readonly title: string;
  /** What needs it. */
  readonly use: string;
  /** Whether it can be downloaded; photographs of ImageNet are the person's own. */
  readonly canBeFetched: boolean;
  /** Its files below the cache folder; none where that is not known before they are made. */
  readonly files: (cache: string) => readonly string[];
  /** Fetches it where it is not there, and reads all of it in any case. @throws DataError when it cannot be had, or is not what it should be */
  readonly open: (context: DataContext) => Promise<unknown>;
}

export const sharedFiles = {
  cifar10: {
    title: 'CIFAR-10, packed',
    use: 'training on cifar10',
    canBeFetched: true,
    files: (cache) => packedFiles(publishedFolder({ cache })).map((path) => relative(cache, path)),
    open: async (context) => (await openSource('cifar10', context)).close(),
  },
  imagenet64: {
    title: 'ImageNet 64x64, packed',
    use: 'training on imagenet64',
    canBeFetched: false,
    files: (cache) =>
      imagenetFolders(cache).flatMap((folder) => packedFiles(folder).map((path) => relative(cache, path))),
    open: async (context) => {
      const folders = imagenetFolders(context.cache);
      if (folders.length === 0) throw unpacked();
      for (const folder of folders) (await openPacked(folder, context)).close();
    },
  },
  inception: {
    title: 'Inception of 2015',
    use: 'FID and its relatives',
    canBeFetched: true,
    files: () => pinnedFiles(publishedGraph.name, graphFolder),
    open: (context) => fetchPublishedGraph(context),
  },
  'cifar10-reference': {
    title: 'reference statistics of CIFAR-10',
    use: 'FID on cifar10',
    canBeFetched: true,
    files: () => pinnedFiles(publishedReferences.cifar10.name, referenceFolder),
    open: (context) => fetchPublishedReference(publishedReferences.cifar10, context),
  },
  'imagenet64-reference': {
    title: 'reference statistics of ImageNet 64x64',
    use: 'FID on imagenet64',
    canBeFetched: true,
    files: () => pinnedFiles(publishedReferences.imagenet64.name, referenceFolder),
    open: (context) => fetchPublishedReference(publishedReferences.imagenet64, context),
  },
  vgg16: {
    title: 'VGG16 for LPIPS',
    use: 'training by CT (LPIPS)',
    canBeFetched: true,
    files: () => [keptVgg16],
    open: (context) => vgg16Weights(context),
  },
} as const satisfies Readonly<Record<string, SharedFile>>;

export type SharedFileId = keyof typeof sharedFiles;

export const sharedFileIds = Object.keys(sharedFiles) as SharedFileId[];

export const fetchableIds = sharedFileIds.filter((id) => sharedFiles[id].canBeFetched);

/** @throws UsageError with the nearest name */
export function sharedFileNamed(name: string): SharedFileId {
  const id = sharedFileIds.find((one) => one === name);
  if (id) return id;
  throw new UsageError({
    where: 'data',
    got: name,
    expected: 'a shared file',
    remedy: suggestion(name, sharedFileIds),
  });
}

export interface FileState {
  readonly id: SharedFileId;
  readonly title: string;
  readonly use: string;
  /** Absolute; none for ImageNet before it is packed. */
  readonly paths: readonly string[];
  readonly missing: readonly string[];
}

/** Where each lies and what of it is not there; nothing is read. */
export function statesOf(ids: readonly SharedFileId[], cache: string): FileState[] {
  return ids.map((id) => {
    const { title, use, files } = sharedFiles[id];
    const paths = files(cache).map((name) => join(cache, name));
    return { id, title, use, paths, missing: paths.filter((path) => !exists(path)) };
  });
}

/** Whether all of it is there. */
export function isThere({ paths, missing }: FileState): boolean {
  return paths.length > 0 && missing.length === 0;
}

function imagenetFolders(cache: string): string[] {
  const data = join(cache, 'data');
  const names = exists(data) ? namesIn(data) : [];
  return names
    .filter((name) => /^imagenet64-v\d+-[0-9a-f]{16}$/.test(name))
    .map((name) => join(data, name))
    .filter((folder) => packedFiles(folder).every(exists));
}

function unpacked(): DataError {
  return new DataError({
    where: 'imagenet64',
    got: described('no packed set'),
    expected: 'one that was packed from photographs of your own',
    remedy: 'Run `npm run reproduce imagenet64 -- --data <folder>` once on a machine that has them',
  });
}
