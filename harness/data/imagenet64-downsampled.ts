/**
 * @file Downsampled ImageNet 64x64: `.npz` files of `data` uint8[n, 12288] in planes and `labels` from 1 to 1000.
 *
 * Every photograph was squeezed to 64x64 with its proportions lost, and the classes are numbered in the order of the authors' list, not
 * by sorted synset: neither published numbers nor the reference statistics of ADM or EDM apply.
 *
 * Source: P. Chrabaszcz, I. Loshchilov, F. Hutter, "A Downsampled Variant of ImageNet", 2017; sizes and sha256 of the archives from the
 * checksums of TensorFlow Datasets.
 */
import { namesIn, remove, sizeOf, writePieces } from '../system/files.ts';
import { basename, join } from 'node:path';
import { temporaryName } from '../system/atomic-file.ts';
import { DataError, described } from '../core/errors.ts';
import { sha256 } from '../core/hash.ts';
import { sha256OfFile } from '../system/file-hash.ts';
import { Progress } from '../system/progress.ts';
import { formatBytes } from '../core/units.ts';
import { npyNumbers } from '../formats/npy.ts';
import { NpzFile } from '../formats/npz.ts';
import { interleave } from '../formats/pixels.ts';
import { ZipFile } from '../formats/zip.ts';
import { isPacked, pack, packedFolder, type DataContext, type LabelledImage, type PackJob } from './packed.ts';

export interface DownsampledArchive {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface DownsampledEdition {
  readonly train: readonly DownsampledArchive[];
  readonly heldOut: DownsampledArchive;
  readonly trainImages: number;
  readonly heldOutImages: number;
}

export const downsampledImagenet64: DownsampledEdition = {
  train: [
    {
      name: 'Imagenet64_train_part1_npz.zip',
      bytes: 6_783_426_789,
      sha256: '9422dc1dc5d092e9814a70a1cb7fc74880d2db5d88a0cb8a34ee363b12bde3f1',
    },
    {
      name: 'Imagenet64_train_part2_npz.zip',
      bytes: 6_780_506_068,
      sha256: '9fafc115afb7e6c301e66dc16b2d737152b427bd5dab26e1293487a6819c7f30',
    },
  ],
  heldOut: {
    name: 'Imagenet64_val_npz.zip',
    bytes: 529_522_927,
    sha256: 'e1e75133158a1924135a9c6f97a80d2d237b158945e0b34074e58e6c8430eeb8',
  },
  trainImages: 1_281_167,
  heldOutImages: 50_000,
};

const version = 1;
const resolution = 64;
const classes = 1000;
const pixelBytes = resolution * resolution * 3;
const rowsPerBlock = 256;

/** One `.npz` file, lying free or inside an archive. */
interface Batch {
  readonly name: string;
  readonly images: () => AsyncIterable<LabelledImage>;
}

/**
 * Packs a folder with the archives (verified) or the unpacked files.
 * @param edition the published archives; another one for tests
 * @returns the packed folder
 */
export async function packDownsampled(
  context: DataContext,
  root: string,
  edition: DownsampledEdition = downsampledImagenet64,
): Promise<string> {
  const names = namesIn(root);
  const inArchives = edition.train.every(({ name }) => names.includes(name));
  const found = inArchives ? fromArchives(root, names, edition) : await fromFiles(root, names);
  const folder = packedFolder(context, { id: 'imagenet64', version }, found.digest);
  if (isPacked(folder)) return folder;
  for (const archive of found.archives) await verify(context, root, archive);
  const { trainImages, heldOutImages } = found;
  const job: PackJob = {
    id: 'imagenet64',
    version,
    resolution,
    classes,
    trainImages,
    heldOutImages,
    origin: {
      text: `downsampled ImageNet 64x64, ${found.text}; not the images of the published results`,
      published: false,
    },
    records: (first: number) => imagesOf(found.batches(folder), first),
  };
  await pack(folder, job, context);
  return folder;
}

interface Found {
  readonly digest: string;
  readonly text: string;
  readonly trainImages: number;
  readonly heldOutImages: number;
  /** What must be verified before it is packed. */
  readonly archives: readonly DownsampledArchive[];
  readonly batches: (scratch: string) => Batch[];
}

/** The archives hold the files in folders of their own; each file is unpacked beside the packed set for as long as it is read. */
function fromArchives(root: string, names: readonly string[], edition: DownsampledEdition): Found {
  const heldOut = names.includes(edition.heldOut.name) ? [edition.heldOut] : [];
  const archives = [...edition.train, ...heldOut];
  const digests = archives.map(({ sha256 }) => sha256).join(', ');
  return {
    digest: sha256(digests),
    text: `archives with sha256 ${digests}`,
    trainImages: edition.trainImages,
    heldOutImages: heldOut.length > 0 ? edition.heldOutImages : 0,
    archives,
    batches: (scratch) => [
      ...edition.train.flatMap(({ name }) => batchesInside(join(root, name), scratch)).sort(byNumber),
      ...heldOut.flatMap(({ name }) => batchesInside(join(root, name), scratch)),
    ],
  };
}

/** Unpacked files are known by their names and sizes; each carries checksums of its own, which are verified while it is packed. */
async function fromFiles(root: string, names: readonly string[]): Promise<Found> {
  const files = (pattern: RegExp): { name: string; path: string }[] =>
    names
      .filter((name) => pattern.test(name))
      .map((name) => ({ name, path: join(root, name) }))
      .sort(byNumber);
  const train = files(/^train_data_batch_\d+\.npz$/);
  const heldOut = files(/^val_data\.npz$/);
  if (train.length === 0)
    fail(
      root,
      `the files ${names.slice(0, 5).join(', ')}`,
      'train_data_batch_1.npz, ... or both Imagenet64_train_part archives',
    );
  const digest = sha256([...train, ...heldOut].map(({ name, path }) => `${name}\0${sizeOf(path)}\n`).join(''));
  return {
    digest,
    text: `${train.length + heldOut.length} unpacked files`,
    trainImages: await countAll(train),
    heldOutImages: await countAll(heldOut),
    archives: [],
    batches: () => [...train, ...heldOut].map(({ name, path }) => ({ name, images: () => readNpzImages(path) })),
  };
}

async function countAll(files: readonly { readonly path: string }[]): Promise<number> {
  let images = 0;
  for (const { path } of files) images += await countImages(path);
  return images;
}

/** The images from number `first` on. Files before it are read through: their lengths are not known until they are unpacked. */
async function* imagesOf(batches: readonly Batch[], first: number): AsyncGenerator<LabelledImage, void> {
  let number = 0;
  for (const { images } of batches) {
    for await (const image of images()) {
      if (number >= first) yield image;
      number += 1;
    }
  }
}

/** Number of images of a file, by its header. @throws DataError when `data` is not uint8[n, 12288] */
async function countImages(path: string): Promise<number> {
  const file = new NpzFile(path);
  try {
    const { dtype, shape } = await file.header('data');
    const where = `${path}, array "data"`;
    if (dtype !== 'uint8') fail(where, `elements of type ${dtype}`, 'uint8');
    if (shape.length !== 2 || shape[1] !== pixelBytes) {
      const hint = shape[1] === 3072 ? ': this is the 32x32 edition' : '';
      fail(where, `the shape [${shape.join(', ')}]${hint}`, `[images, ${pixelBytes}]`);
    }
    return shape[0]!;
  } finally {
    file.close();
  }
}

/**
 * The images of one file, labels counted from 0.
 * @throws DataError when arrays are missing, of another type or shape, of different lengths, or a label is outside 1 to 1000
 */
export async function* readNpzImages(path: string): AsyncGenerator<LabelledImage, void> {
  const count = await countImages(path);
  const file = new NpzFile(path);
  try {
    const labels = npyNumbers(`${path}, array "labels"`, file.read('labels'));
    if (labels.length !== count) fail(path, `${count} images and ${labels.length} labels`, 'one label per image');
    labels.forEach((label, i) => {
      if (!Number.isInteger(label) || label < 1 || label > classes)
        fail(`${path}, array "labels", element ${i}`, `label ${label}`, `a label from 1 to ${classes}`);
    });
    for await (const { first, rows } of file.rows('data', rowsPerBlock)) {
      const bytes = rows.data as Uint8Array;
      for (let i = 0; i < rows.shape[0]!; i++) {
        const pixels = interleave(bytes.subarray(i * pixelBytes, (i + 1) * pixelBytes));
        yield { label: labels[first + i]! - 1, pixels };
      }
    }
  } finally {
    file.close();
  }
}

function batchesInside(path: string, scratch: string): Batch[] {
  const zip = new ZipFile(path);
  const members = [...zip.members.keys()].filter((name) => name.endsWith('.npz'));
  zip.close();
  if (members.length === 0) fail(path, 'no .npz file', 'the .npz files of downsampled ImageNet');
  return members.map((member) => ({ name: basename(member), images: () => unpackedImages(path, member, scratch) }));
}

async function* unpackedImages(path: string, member: string, scratch: string): AsyncGenerator<LabelledImage, void> {
  const zip = new ZipFile(path);
  // Left by a process that was killed; whoever packs is alone in this folder.
  for (const name of namesIn(scratch)) if (name.startsWith(basename(member))) remove(join(scratch, name));
  const unpacked = temporaryName(join(scratch, basename(member)));
  try {
    await writePieces(unpacked, zip.stream(member));
    yield* readNpzImages(unpacked);
  } finally {
    zip.close();
    remove(unpacked);
  }
}

/** `train_data_batch_2.npz` before `train_data_batch_10.npz`. */
function byNumber(a: { readonly name: string }, b: { readonly name: string }): number {
  const number = (name: string): number => Number(/\d+(?=\.npz$)/.exec(name)?.[0] ?? 0);
  return number(a.name) - number(b.name);
}

async function verify(context: DataContext, root: string, archive: DownsampledArchive): Promise<void> {
  const path = join(root, archive.name);
  const size = sizeOf(path);
  if (size !== archive.bytes) fail(path, `${size} bytes`, `${archive.bytes} bytes`);
  const options = { label: `${archive.name}: verifying`, unit: '', total: size, format: formatBytes };
  const progress = new Progress(context.output, context.clock, options);
  let done = 0;
  const digest = await sha256OfFile(path, (bytes) => progress.update((done += bytes)));
  if (digest !== archive.sha256) fail(path, `sha256 ${digest}`, `sha256 ${archive.sha256}`);
}

function fail(where: string, got: string, expected: string): never {
  throw new DataError({ where, got: described(got), expected, remedy: 'Fetch the file again, or check --data' });
}
