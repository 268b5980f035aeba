/**
 * @file CIFAR-10: 50,000 training and 10,000 test images, 32x32, ten classes, from the binary archive.
 *
 * `cifar-10-batches-bin/data_batch_1.bin` to `_5.bin` and `test_batch.bin` hold records of one label byte and 3,072 pixel bytes: a red,
 * a green and a blue plane, row by row. Training images are numbered in the order of the files, whatever their order in the archive.
 * CT and iCT train on the training images alone; the test images are the held-out ones here.
 *
 * Source: A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009; size and sha256 of the archive from the
 * checksums of TensorFlow Datasets.
 */
import { createHash } from 'node:crypto';
import { exists, isFolder, sizeOf } from '../system/files/files.ts';
import { readInput } from '../system/files/input-file.ts';
import { basename, join, resolve } from 'node:path';
import { download, type RemoteFile } from '../system/download/download.ts';
import { DataError, described } from '../core/errors.ts';
import { sha256OfFile } from '../system/files/file-hash.ts';
import { isHidden, listFolder } from '../system/files/folder-walk.ts';
import { interleave } from '../formats/pixels.ts';
import { strangeFile } from '../formats/signature.ts';
import { readTar } from '../formats/tar.ts';
import {
  isPacked,
  openPacked,
  pack,
  packedFolder,
  packedRecordBytes,
  type DataContext,
  type LabelledImage,
  type PackJob,
} from './packed.ts';
import type { ImageSource, Origin } from './source.ts';

/** Names of the labels 0 to 9. */
const cifar10Classes = [
  'airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck',
] as const; // prettier-ignore

export const cifar10Archive = {
  name: 'cifar-10-binary.tar.gz',
  url: 'https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz',
  bytes: 170_052_171,
  sha256: 'c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd',
  instead: '"npm run reproduce shapes" needs no download',
} as const satisfies RemoteFile;

/** How many records each file holds. */
export interface Cifar10Counts {
  readonly train: readonly number[];
  readonly heldOut: number;
}

const publishedCounts: Cifar10Counts = { train: [10_000, 10_000, 10_000, 10_000, 10_000], heldOut: 10_000 };

/** The decoded files. */
export interface Cifar10Records {
  readonly train: readonly LabelledImage[];
  readonly heldOut: readonly LabelledImage[];
  readonly classNames: readonly string[];
}

const version = 1;
const resolution = 32;
const imageBytes = resolution * resolution * 3;
const folderName = 'cifar-10-batches-bin';
const trainFiles = [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`);
const heldOutFile = 'test_batch.bin';
const namesFile = 'batches.meta.txt';
/** Far above the 30,730,000 bytes of a published file. */
const mostFileBytes = 2 ** 28;

/**
 * Opens CIFAR-10, packing it into the cache first if need be.
 * @param data an archive or unpacked folder of the same layout, used in place of the published archive; any number of images
 * @throws DataError when the archive can be neither found nor downloaded (says where to put it by hand), or is not what it should be
 */
export async function openCifar10(context: DataContext, data?: string): Promise<ImageSource> {
  const folder = data === undefined ? await packPublished(context) : await packNamed(context, resolve(data));
  return openPacked(folder, context);
}

/** Where the published archive lies once it is packed. */
export function publishedFolder(context: Pick<DataContext, 'cache'>): string {
  return packedFolder(context, { id: 'cifar10', version }, cifar10Archive.sha256);
}

/** Bytes that opening the published set will still write into the cache: the archive, where it is not there, and the packed set. */
export function bytesToFetch(context: Pick<DataContext, 'cache'>): number {
  if (isPacked(publishedFolder(context))) return 0;
  const { name, bytes } = cifar10Archive;
  const images = [...publishedCounts.train, publishedCounts.heldOut].reduce((sum, count) => sum + count, 0);
  return (exists(join(context.cache, 'downloads', name)) ? 0 : bytes) + images * packedRecordBytes(resolution);
}

async function packPublished(context: DataContext): Promise<string> {
  const folder = publishedFolder(context);
  if (!isPacked(folder)) {
    const { path } = await download(cifar10Archive, { ...context, folder: join(context.cache, 'downloads') });
    await packFiles(context, folder, path, await readCifar10Files(path), publishedCounts, publishedOrigin(path));
  }
  return folder;
}

async function packNamed(context: DataContext, path: string): Promise<string> {
  if (!exists(path)) {
    throw new DataError({
      where: 'cifar10',
      got: path,
      expected: 'an archive or folder that exists',
      remedy: 'Check --data',
    });
  }
  return isFolder(path) ? packUnpacked(context, path) : packArchive(context, path);
}

/** A folder is named by the files that are packed, in memory. */
async function packUnpacked(context: DataContext, path: string): Promise<string> {
  const files = await readCifar10Files(path);
  const digest = hashOfFiles(files);
  const folder = packedFolder(context, { id: 'cifar10', version }, digest);
  const origin = { text: `${basename(path)}: folder, sha256 ${digest}; not the published archive`, published: false };
  if (!isPacked(folder)) await packFiles(context, folder, path, files, undefined, origin);
  return folder;
}

/** An archive is named by its sha256, before it is read and after: it may be replaced meanwhile. */
async function packArchive(context: DataContext, path: string): Promise<string> {
  const digest = await sha256OfFile(path);
  const folder = packedFolder(context, { id: 'cifar10', version }, digest);
  if (isPacked(folder)) return folder;
  const files = await readCifar10Files(path);
  if ((await sha256OfFile(path)) !== digest) {
    throw new DataError({
      where: path,
      got: described('other contents than when packing began'),
      expected: 'an archive that stays as it is while it is read',
      remedy: 'Start again when nothing changes it any more',
    });
  }
  if (digest === cifar10Archive.sha256) {
    await packFiles(context, folder, path, files, publishedCounts, publishedOrigin(path));
  } else {
    const text = `${basename(path)}: archive of ${sizeOf(path)} bytes, sha256 ${digest}; not the published archive`;
    await packFiles(context, folder, path, files, undefined, { text, published: false });
  }
  return folder;
}

async function packFiles(
  context: DataContext,
  folder: string,
  path: string,
  files: ReadonlyMap<string, Uint8Array>,
  counts: Cifar10Counts | undefined,
  origin: Origin,
): Promise<void> {
  const { train, heldOut } = decodeCifar10(path, files, counts);
  const job: PackJob = {
    id: 'cifar10',
    version,
    resolution,
    source: path,
    classes: cifar10Classes.length,
    origin,
    trainImages: train.length,
    heldOutImages: heldOut.length,
    records: (first) => [...train, ...heldOut].slice(first),
  };
  await pack(folder, job, context);
}

/**
 * The files of the data set by their bare names, from an archive (members in any order) or from an unpacked folder.
 * @throws DataError on another data set, on the Python edition (pickles, never read), on a folder with none of the files, and on whatever is
 *   no archive
 */
export async function readCifar10Files(path: string): Promise<Map<string, Uint8Array>> {
  const wanted = new Set([...trainFiles, heldOutFile, namesFile]);
  const files = new Map<string, Uint8Array>();
  if (isFolder(path)) {
    const inner = exists(join(path, folderName)) ? join(path, folderName) : path;
    const names = listFolder(inner, 'a folder of CIFAR-10').map(({ name }) => name);
    if (!names.some((name) => wanted.has(name))) {
      const stranger = strangerOf(names) ?? (names.length === 0 ? 'an empty folder' : `a folder of ${few(names)}`);
      fail(path, stranger, binaryEdition);
    }
    for (const name of wanted)
      if (exists(join(inner, name))) files.set(name, readInput(join(inner, name), 'a file of CIFAR-10'));
    return files;
  }
  for await (const { name, data } of readTar(path, mostFileBytes)) {
    if (name.split('/').some(isHidden)) continue;
    const folder = name.slice(0, Math.max(0, name.lastIndexOf('/')));
    const stranger = strangerOf([folder]);
    if (stranger !== undefined) fail(path, stranger, binaryEdition);
    if (folder !== folderName && folder !== '')
      fail(path, `an archive with the folder "${folder}"`, `the folder ${folderName}`);
    if (wanted.has(basename(name))) files.set(basename(name), data);
  }
  return files;
}

const binaryEdition = `the binary edition, ${cifar10Archive.name}, or its folder`;

/** What names of files and folders tell that are not those of the binary edition. */
function strangerOf(names: readonly string[]): string | undefined {
  const has = (pattern: RegExp): boolean => names.some((name) => pattern.test(name));
  if (has(/^cifar-100-/) || has(/^(fine|coarse)_label_names\.txt$/)) return 'CIFAR-100';
  return has(/^(cifar-10-batches-py|data_batch_\d|batches\.meta)$/) ? 'the Python edition of CIFAR-10' : undefined;
}

function few(names: readonly string[]): string {
  return `${names.slice(0, 3).join(', ')}${names.length > 3 ? ', ...' : ''}`;
}

/**
 * Decodes and checks every record.
 * @param counts what each file must hold; without it any number, the same in the five training files
 * @throws DataError naming the file, and the record where a label is out of range
 */
export function decodeCifar10(
  where: string,
  files: ReadonlyMap<string, Uint8Array>,
  counts?: Cifar10Counts,
): Cifar10Records {
  const first = (files.get(trainFiles[0]!)?.length ?? 0) / (1 + imageBytes);
  const train = trainFiles.flatMap((name, i) => decodeFile(where, name, files, counts ? counts.train[i] : first));
  const heldOut = decodeFile(where, heldOutFile, files, counts?.heldOut);
  const listed = files.get(namesFile);
  const classNames = listed
    ? new TextDecoder()
        .decode(listed)
        .split('\n')
        .map((line) => line.trim())
        .filter(Boolean)
    : cifar10Classes;
  if (classNames.join() !== cifar10Classes.join())
    fail(`${where}, ${namesFile}`, `the classes ${classNames.join(', ')}`, cifar10Classes.join(', '));
  return { train, heldOut, classNames };
}

function decodeFile(
  where: string,
  name: string,
  files: ReadonlyMap<string, Uint8Array>,
  count: number | undefined,
): LabelledImage[] {
  const file = files.get(name);
  if (!file) return fail(where, `no file ${name}`, `the files ${[...trainFiles, heldOutFile].join(', ')}`);
  const records = file.length / (1 + imageBytes);
  if (!Number.isInteger(records))
    throw strangeFile(
      `${where}, ${name}`,
      file,
      `whole records of ${1 + imageBytes} bytes: a label and ${imageBytes} pixels`,
      { got: `${file.length} bytes`, remedy: fetchAgain },
    );
  if (count !== undefined && records !== count) fail(`${where}, ${name}`, `${records} records`, `${count} records`);
  return Array.from({ length: records }, (_, i) => {
    const record = file.subarray(i * (1 + imageBytes), (i + 1) * (1 + imageBytes));
    const label = record[0]!;
    if (label >= cifar10Classes.length) fail(`${where}, ${name}, record ${i}`, `label ${label}`, 'a label from 0 to 9');
    return { label, pixels: interleave(record.subarray(1)) };
  });
}

function publishedOrigin(path: string): Origin {
  const { bytes, sha256 } = cifar10Archive;
  return { text: `${basename(path)}: ${bytes.toLocaleString('en-US')} bytes, sha256 ${sha256}`, published: true };
}

/** One hash for the files of a folder: names and contents, in a fixed order. */
function hashOfFiles(files: ReadonlyMap<string, Uint8Array>): string {
  const hash = createHash('sha256');
  for (const name of [...files.keys()].sort()) {
    const file = files.get(name)!;
    hash.update(`${name}\0${file.length}\0`).update(file);
  }
  return hash.digest('hex');
}

const fetchAgain = `Fetch ${cifar10Archive.name} again, or name another archive of its layout with --data`;

function fail(where: string, got: string, expected: string): never {
  throw new DataError({
    where,
    got: described(got),
    expected,
    remedy: fetchAgain,
  });
}
