/**
 * @file Packs downsampled ImageNet 64x64 from `.npz` files.
 *
 * They hold `data` uint8[n, 12288] in planes and `labels` from 1 to 1000.
 *
 * Every photograph was squeezed to 64x64 with its proportions lost, and the classes are numbered in the order of the authors' list, not
 * by sorted synset: neither published numbers nor the reference statistics of ADM or EDM apply.
 *
 * Source: P. Chrabaszcz, I. Loshchilov, F. Hutter, "A Downsampled Variant of ImageNet", 2017; sizes and sha256 of the archives from the
 * checksums of TensorFlow Datasets.
 */
import { namesIn, remove, sizeOf, writePieces } from '../system/files/files.ts';
import { basename, join, relative } from 'node:path';
import { temporaryName } from '../system/files/atomic-file.ts';
import { DataError, described } from '../core/errors.ts';
import { sha256 } from '../core/hash.ts';
import { sha256OfFile } from '../system/files/file-hash.ts';
import { listFolder, type ListedEntry } from '../system/files/folder-walk.ts';
import { Progress } from '../system/progress.ts';
import { formatBytes } from '../core/units.ts';
import { npyNumbers } from '../formats/npy.ts';
import { NpzFile } from '../formats/npz.ts';
import { interleave } from '../formats/pixels.ts';
import { ZipFile } from '../formats/zip.ts';
import { holdsPhotographs } from './ilsvrc.ts';
import { isPacked, pack, packedFolder, type DataContext, type LabelledImage, type PackJob } from './packed.ts';

interface DownsampledArchive {
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

const downsampledImagenet64: DownsampledEdition = {
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

interface NamedFile {
  readonly name: string;
  readonly path: string;
}

/**
 * The files of this edition in a folder or in the folders inside it, by the names under which they are published: each archive unpacks into
 * a folder of its own.
 * @throws DataError where there is none but those of the pickled edition
 */
export function findDownsampled(root: string): NamedFile[] {
  const files = filesIn(root);
  const found = files.filter(({ name }) => isDownsampledName(name));
  const pickled = files.find(({ name }) => pickledName.test(name));
  if (found.length > 0 || pickled === undefined) return found;
  throw new DataError({
    where: root,
    got: described(`${pickled.name}, of the pickled edition of downsampled ImageNet`),
    expected: 'its .npz edition, such as train_data_batch_1.npz',
    remedy: 'Fetch the .npz archives: pickles can hold programs and are not read',
  });
}

function filesIn(root: string): NamedFile[] {
  const expected = 'a folder of downsampled ImageNet';
  const entries = listFolder(root, expected);
  const named = (folder: string, { name }: ListedEntry): NamedFile => ({ name, path: join(folder, name) });
  const inner = entries.filter((entry) => entry.kind === 'folder' && !holdsPhotographs(entry));
  return [
    ...entries.filter(({ kind }) => kind === 'file').map((entry) => named(root, entry)),
    ...inner.flatMap(({ name }) =>
      listFolder(join(root, name), expected)
        .filter((entry) => entry.kind === 'file' && isKnownName(entry.name))
        .map((entry) => named(join(root, name), entry)),
    ),
  ];
}

const isDownsampledName = (name: string): boolean =>
  archiveName.test(name) || trainName.test(name) || heldOutName.test(name);
const isKnownName = (name: string): boolean => isDownsampledName(name) || pickledName.test(name);

const archiveName = /^Imagenet64_(train_part[12]|val)_npz\.zip$/;
const trainName = /^train_data_batch_([1-9]|10)\.npz$/;
const heldOutName = /^val_data\.npz$/;
const pickledName = /^(train_data_batch_\d+|val_data|Imagenet64_(train_part[12]|val)\.zip)$/;
/** Files of training images that the edition consists of. */
const trainFiles = 10;

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
  const found = await findEdition(root, edition);
  for (const remark of found.remarks) context.output.write(`${remark}\n`);
  const folder = packedFolder(
    context,
    { id: 'imagenet64', version },
    sha256(JSON.stringify(found.files.map(({ name, contents }) => ({ name, contents })))),
  );
  if (isPacked(folder)) return folder;
  for (const [archive, path] of found.archives) await verify(context, path, archive);
  const { trainImages, heldOutImages } = found;
  const job: PackJob = {
    id: 'imagenet64',
    version,
    resolution,
    source: root,
    classes,
    trainImages,
    heldOutImages,
    origin: {
      text: `downsampled ImageNet 64x64, ${found.text}; not the images of the published results`,
      published: false,
    },
    records: (first: number) => imagesOf(found.batches(folder), first),
    checked: found.checked,
    recheck: async () => requireUnchanged(found, await findEdition(root, edition)),
  };
  await pack(folder, job, context);
  return folder;
}

async function findEdition(root: string, edition: DownsampledEdition): Promise<Found> {
  const files = filesIn(root);
  requireDistinct(root, files);
  const inArchives = edition.train.every((archive) => files.some(({ name }) => name === archive.name));
  return inArchives ? fromArchives(root, files, edition) : fromFiles(root, files);
}

function requireDistinct(root: string, files: readonly NamedFile[]): void {
  const seen = new Map<string, string>();
  for (const { name, path } of files) {
    const before = seen.get(name);
    if (before !== undefined)
      fail(root, `${name} twice: ${relative(root, before)}, ${relative(root, path)}`, 'each file once');
    seen.set(name, path);
  }
}

interface KnownFile extends NamedFile {
  /** By the sizes and CRC-32 in the directory of the archive that it is. */
  readonly contents: string;
}

interface Found {
  /** What decides the packed bytes: the files by name and contents, in the order in which they are packed. */
  readonly files: readonly KnownFile[];
  readonly text: string;
  readonly trainImages: number;
  readonly heldOutImages: number;
  /** What must be verified before it is packed. */
  readonly archives: readonly (readonly [archive: DownsampledArchive, path: string])[];
  readonly batches: (scratch: string) => Batch[];
  readonly checked: (records: number) => number;
  /** What is left out or missing, one line each. */
  readonly remarks: readonly string[];
}

/** The archives hold the files in folders of their own; each file is unpacked beside the packed set for as long as it is read. */
function fromArchives(root: string, all: readonly NamedFile[], edition: DownsampledEdition): Found {
  const pathOf = (archive: DownsampledArchive): string | undefined =>
    all.find(({ name }) => name === archive.name)?.path;
  const heldOut = pathOf(edition.heldOut) === undefined ? [] : [edition.heldOut];
  const archives = [...edition.train, ...heldOut];
  const digests = archives.map(({ sha256 }) => sha256).join(', ');
  const files = archives.map((archive) => {
    const path = pathOf(archive)!;
    return { name: archive.name, path, contents: contentsOf(path) };
  });
  const batches = ({ path, contents }: KnownFile, scratch: string): Batch[] =>
    batchesInside(path, scratch).map((batch) => ({
      name: batch.name,
      images: () => unchanged(path, contents, batch.images),
    }));
  return {
    files,
    text: `archives with sha256 ${digests}`,
    trainImages: edition.trainImages,
    heldOutImages: heldOut.length > 0 ? edition.heldOutImages : 0,
    archives: files.map(({ path }, i) => [archives[i]!, path] as const),
    batches: (scratch) => [
      ...files
        .slice(0, edition.train.length)
        .flatMap((file) => batches(file, scratch))
        .sort(byNumber),
      ...files.slice(edition.train.length).flatMap((file) => batches(file, scratch)),
    ],
    // The archives were verified whole.
    checked: (records) => records,
    remarks: unusedRemark(root, all, files),
  };
}

/**
 * Unpacked files are known by the CRC-32 of the arrays inside. Those are verified while the file is read, and hold with its last image: what
 * was packed of a file that was not read to its end counts for nothing.
 */
async function fromFiles(root: string, found: readonly NamedFile[]): Promise<Found> {
  const files = (pattern: RegExp): NamedFile[] => found.filter(({ name }) => pattern.test(name)).sort(byNumber);
  const train = files(trainName);
  const heldOut = files(heldOutName);
  if (train.length === 0)
    fail(
      root,
      `the files ${found
        .slice(0, 5)
        .map(({ name }) => name)
        .join(', ')}`,
      'train_data_batch_1.npz, ... or both Imagenet64_train_part archives',
    );
  const all = await Promise.all(
    [...train, ...heldOut].map(async (file) => {
      const contents = contentsOf(file.path);
      const labels = await labelsOf(file.path);
      return { ...file, contents, images: labels.length, classes: new Set(labels) };
    }),
  );
  const ends = all.map((_, i) => sumOfImages(all.slice(0, i + 1)));
  return {
    files: all,
    text: `${all.length} unpacked files`,
    trainImages: sumOfImages(all.slice(0, train.length)),
    heldOutImages: sumOfImages(all.slice(train.length)),
    archives: [],
    batches: () =>
      all.map(({ name, path, contents }) => ({
        name,
        images: () => unchanged(path, contents, () => readNpzImages(path)),
      })),
    // A file was read to its end where an image of the next one was given.
    checked: (records) => Math.max(0, ...ends.filter((end) => end < records)),
    remarks: [
      ...unusedRemark(root, found, all),
      ...filesRemark(root, train),
      ...classesRemark(root, new Set(all.flatMap((file) => [...file.classes])).size),
    ],
  };
}

/** Names, sizes and CRC-32 of what an archive holds, as its directory says. */
function contentsOf(path: string): string {
  const zip = new ZipFile(path);
  try {
    return sha256([...zip.members.values()].map(({ name, bytes, crc }) => `${name}\0${bytes}\0${crc}\n`).join(''));
  } finally {
    zip.close();
  }
}

/** Files of the same kinds that are not packed. */
function unusedRemark(root: string, all: readonly NamedFile[], used: readonly NamedFile[]): string[] {
  const isUsed = ({ path }: NamedFile): boolean => used.some((file) => file.path === path);
  const unused = all.filter((file) => /\.(npz|zip)$/i.test(file.name) && !isUsed(file));
  return unused.length > 0 ? [`${root}: left out ${unused.map(({ path }) => relative(root, path)).join(', ')}`] : [];
}

function filesRemark(root: string, train: readonly NamedFile[]): string[] {
  if (train.length === trainFiles) return [];
  const names = train.map(({ name }) => name).join(', ');
  return [`${root}: ${train.length} of the ${trainFiles} training files of the edition: ${names}`];
}

function classesRemark(root: string, found: number): string[] {
  return found < classes
    ? [`${root}: ${found} of the ${classes} classes occur; the other labels are never trained`]
    : [];
}

function sumOfImages(files: readonly { readonly images: number }[]): number {
  return files.reduce((sum, { images }) => sum + images, 0);
}

/** The images of a file, as long as it is the one that was found. */
async function* unchanged(
  path: string,
  contents: string,
  images: Batch['images'],
): AsyncGenerator<LabelledImage, void> {
  if (contentsOf(path) !== contents) throw changed(path);
  yield* images();
  if (contentsOf(path) !== contents) throw changed(path);
}

function requireUnchanged(before: Found, after: Found): void {
  const most = Math.max(before.files.length, after.files.length);
  for (let i = 0; i < most; i++) {
    const [one, other] = [before.files[i], after.files[i]];
    if (one?.name !== other?.name || one?.contents !== other?.contents) throw changed((one ?? other)!.path);
  }
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

/** The labels of a file, counted from 0. @throws DataError as `readNpzImages`, but for damage to the pixels */
async function labelsOf(path: string): Promise<readonly number[]> {
  const file = new NpzFile(path);
  try {
    const { dtype, shape } = await file.header('data');
    const where = `${path}, array "data"`;
    if (dtype !== 'uint8') fail(where, `elements of type ${dtype}`, 'uint8');
    if (shape.length !== 2 || shape[1] !== pixelBytes) {
      const hint = shape[1] === 3072 ? ': this is the 32x32 edition' : '';
      fail(where, `the shape [${shape.join(', ')}]${hint}`, `[images, ${pixelBytes}]`);
    }
    const labels = npyNumbers(`${path}, array "labels"`, file.read('labels'));
    if (labels.length !== shape[0]!)
      fail(path, `${shape[0]!} images and ${labels.length} labels`, 'one label per image');
    return Array.from(labels, (label, i) => {
      if (!Number.isInteger(label) || label < 1 || label > classes)
        fail(`${path}, array "labels", element ${i}`, `label ${label}`, `a label from 1 to ${classes}`);
      return label - 1;
    });
  } finally {
    file.close();
  }
}

/**
 * The images of one file, labels counted from 0.
 * @throws DataError when arrays are missing, of another type or shape, of different lengths, or a label is outside 1 to 1000
 */
export async function* readNpzImages(path: string): AsyncGenerator<LabelledImage, void> {
  const labels = await labelsOf(path);
  const file = new NpzFile(path);
  try {
    for await (const { first, rows } of file.rows('data', rowsPerBlock)) {
      const bytes = rows.data as Uint8Array;
      for (let i = 0; i < rows.shape[0]!; i++) {
        const pixels = interleave(bytes.subarray(i * pixelBytes, (i + 1) * pixelBytes));
        yield { label: labels[first + i]!, pixels };
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

async function verify(context: DataContext, path: string, archive: DownsampledArchive): Promise<void> {
  const size = sizeOf(path);
  if (size !== archive.bytes) fail(path, `${size} bytes`, `${archive.bytes} bytes`);
  const options = { label: `${archive.name}: verifying`, unit: '', total: size, format: formatBytes };
  const progress = new Progress(context.output, context.clock, options);
  let done = 0;
  const digest = await sha256OfFile(path, (bytes) => progress.update((done += bytes)));
  if (digest !== archive.sha256) fail(path, `sha256 ${digest}`, `sha256 ${archive.sha256}`);
}

function changed(where: string): DataError {
  return new DataError({
    where,
    got: described('other contents than when packing began'),
    expected: 'files that stay as they are while they are packed',
    remedy: 'Start again when nothing changes them any more',
  });
}

function fail(where: string, got: string, expected: string): never {
  throw new DataError({ where, got: described(got), expected, remedy: 'Fetch the file again, or check --data' });
}
