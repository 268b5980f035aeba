/** @file Reference statistics behind the published scores, per data set. */
import { fetchPinned, type FetchOptions } from './pinned-download.ts';
import { openReference, type NamedReference } from './reference.ts';

export interface PublishedReference {
  /** Its name in every identity. */
  readonly id: string;
  readonly name: string;
  readonly url: string;
  /** Images behind the statistics, which the files themselves do not say. */
  readonly images: number;
  /** Whether the file holds features of single images beside their statistics. */
  readonly holdsRows: boolean;
}

/**
 * Source: CIFAR-10, openai/consistency_models_cifar10 `jcm/metrics.py` (clean-fid's legacy TensorFlow statistics of the training split);
 * ImageNet 64x64, openai/consistency_models `evaluations/README.md` (the evaluation suite of ADM: statistics of the training set, and
 * 10,000 images).
 */
export const publishedReferences = {
  cifar10: {
    id: 'cifar10-legacy-tensorflow-train',
    name: 'cifar10_legacy_tensorflow_train_32.npz',
    url: 'https://www.cs.cmu.edu/~clean-fid/stats/cifar10_legacy_tensorflow_train_32.npz',
    images: 50_000,
    holdsRows: false,
  },
  imagenet64: {
    id: 'imagenet64-adm-suite',
    name: 'VIRTUAL_imagenet64_labeled.npz',
    url: 'https://openaipublic.blob.core.windows.net/diffusion/jul-2021/ref_batches/imagenet/64/VIRTUAL_imagenet64_labeled.npz',
    images: 1_281_167,
    holdsRows: true,
  },
} as const satisfies Readonly<Record<string, PublishedReference>>;

/** Where they lie below the cache folder. */
export const referenceFolder = 'references';

const instead =
  'Name statistics of your own with --reference (`npm run metrics -- reference build` makes them), or run without: scores are then missing';

/** Downloads the published statistics once; from then on the same file is asked for. @throws DataError as `fetchPinned` and `openReference` */
export async function fetchPublishedReference(
  { id, name, url, images }: PublishedReference,
  options: FetchOptions,
): Promise<NamedReference> {
  const file = { name, url, instead };
  const reference = await fetchPinned(file, referenceFolder, options, ({ path }) => openReference(path));
  return { ...reference, id, count: images };
}
