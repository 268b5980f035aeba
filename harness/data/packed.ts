/**
 * @file Packed data sets: fixed-size records in one file and a manifest with its sha256. Made once, resumable, and verified whenever
 * they are opened, so that a file that changed on disk is named before its first image is used.
 */
import { exists, freeBytes, sizeOf } from '../system/files/files.ts';
import { readInput, readText } from '../system/files/input-file.ts';
import { openForUpdate, openInput, OpenFile } from '../system/files/open-file.ts';
import { createHash } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { writeJsonAtomically } from '../system/files/atomic-file.ts';
import { listFolder } from '../system/files/folder-walk.ts';
import { claimUnfinished } from '../system/download/unfinished-file.ts';
import type { DownloadOptions } from '../system/download/download.ts';
import { DataError, described } from '../core/errors.ts';
import { sha256 } from '../core/hash.ts';
import { sha256OfFile } from '../system/files/file-hash.ts';
import { Progress } from '../system/progress.ts';
import { formatBytes } from '../core/units.ts';
import { datasetIds } from '../recipe/dataset.ts';
import type { ImageSource } from './source.ts';

/** Where data sets are kept and who is told what is being done. */
export interface DataContext extends Omit<DownloadOptions, 'folder'> {
  /** The cache folder (core/cache-folder.ts). */
  readonly cache: string;
  /** Free bytes of the disk, where it is not asked. */
  readonly free?: number;
}

export interface LabelledImage {
  readonly label: number;
  /** uint8[resolution, resolution, 3] */
  readonly pixels: Uint8Array;
}

/** What is to be packed: the description of a source, and its images from record `first` on, training images before held-out ones. */
export interface PackJob extends Pick<ImageSource, 'id' | 'version' | 'resolution' | 'classes' | 'origin'> {
  /** The file or folder that is packed, for errors. */
  readonly source: string;
  readonly trainImages: number;
  readonly heldOutImages: number;
  readonly records: (first: number) => AsyncIterable<LabelledImage> | Iterable<LabelledImage>;
  /** How many of so many unfinished records are known to be right, where a source is checked only after its images were given. */
  readonly checked?: (records: number) => number;
  /** Called after the last image. @throws DataError when the source is not what it was before the first */
  readonly recheck?: () => Promise<void>;
}

const manifestSchema = z.strictObject({
  schema: z.literal('consistency-harness/packed-images@1'),
  id: z.enum(datasetIds),
  version: z.int().positive(),
  resolution: z.int().positive(),
  classes: z.int().positive(),
  trainImages: z.int().positive(),
  heldOutImages: z.int().nonnegative(),
  bytes: z.int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  origin: z.strictObject({ text: z.string(), published: z.boolean() }),
});

type Manifest = z.infer<typeof manifestSchema>;

/** Beside the images. */
const manifestFile = 'manifest.json';
const labelBytes = 2;
/** Sets up to this size are held in memory; larger ones are read image by image. */
const mostBytesInMemory = 2 ** 30;
const writeBytes = 1 << 22;

/**
 * The folder of a packed set.
 * @param key what decides its bytes: the sha256 of the contents it is made from, of the preprocessing, ... Unfinished work lies in the same
 *   folder, so that it is never continued with other contents.
 */
export function packedFolder(
  context: Pick<DataContext, 'cache'>,
  job: Pick<PackJob, 'id' | 'version'>,
  key: string,
): string {
  return join(context.cache, 'data', `${job.id}-v${job.version}-${key.slice(0, 16)}`);
}

/** The folders of sets of the same kind, packed or unfinished. */
export function otherFolders(folder: string, job: Pick<PackJob, 'id' | 'version'>): string[] {
  const all = dirname(folder);
  if (!exists(all)) return [];
  return listFolder(all, 'the folder of packed sets')
    .filter(({ name }) => name.startsWith(`${job.id}-v${job.version}-`) && name !== basename(folder))
    .map(({ name }) => join(all, name));
}

export function imagesPath(folder: string): string {
  return join(folder, 'images.bin');
}

/** The files of a packed set. */
export function packedFiles(folder: string): string[] {
  return [imagesPath(folder), join(folder, manifestFile)];
}

export function isPacked(folder: string): boolean {
  return exists(imagesPath(folder));
}

/** Bytes of one image with its label. */
export function packedRecordBytes(resolution: number): number {
  return labelBytes + resolution * resolution * 3;
}

/**
 * Makes the packed set, unless it is there. Goes on where a process that was stopped left it; of several processes one works.
 * @throws DataError when the disk is full or the folder cannot be written; what is done is kept.
 */
export async function pack(folder: string, job: PackJob, context: DataContext): Promise<void> {
  if (job.trainImages === 0) {
    const got = described('no training image');
    throw new DataError({ where: job.source, got, expected: 'at least one', remedy: 'Fetch the data again' });
  }
  const path = imagesPath(folder);
  const claim = await claimUnfinished(path, {
    clock: context.clock,
    onWait: (owner) => context.output.write(`${job.id}: waiting for process ${owner}, which is packing it\n`),
  });
  if (!claim) return;
  try {
    const records = new RecordFile(claim.path, job);
    try {
      const total = job.trainImages + job.heldOutImages;
      requireRoom(folder, (total - records.count) * packedRecordBytes(job.resolution), context.free);
      const options = { label: `${job.id}: packing`, unit: 'images', total, done: records.count };
      const progress = new Progress(context.output, context.clock, options);
      try {
        for await (const { label, pixels } of job.records(records.count)) {
          records.append(label, pixels);
          progress.update(records.count);
        }
      } finally {
        records.flush();
      }
      await job.recheck?.();
      const { id, version, resolution, classes, trainImages, heldOutImages, origin } = job;
      const manifest: Manifest = {
        schema: 'consistency-harness/packed-images@1',
        id,
        version,
        resolution,
        classes,
        trainImages,
        heldOutImages,
        ...records.finish(total),
        origin,
      };
      writeJsonAtomically(join(folder, manifestFile), manifest);
      progress.finish();
    } finally {
      records.close();
    }
    claim.finish();
  } catch (thrown) {
    claim.release();
    throw thrown;
  }
}

/** @throws DataError when the records that are missing have no room: hours of decoding would end on a full disk */
function requireRoom(folder: string, wanted: number, free = freeBytes(folder)): void {
  if (free >= wanted) return;
  throw new DataError({
    where: folder,
    got: described(`${formatBytes(free)} of free disk space`),
    expected: `${formatBytes(wanted)} for the images that are still to be packed`,
    remedy:
      'Free some space (`npm run clean` lists what old runs and downloads take), or name a folder on another disk with CONSISTENCY_CACHE',
  });
}

/** Opens a packed set after comparing its size and sha256 with the manifest. @throws DataError when they differ. */
export async function openPacked(folder: string, context: DataContext): Promise<ImageSource> {
  const manifest = readManifest(folder);
  const path = imagesPath(folder);
  const bytes = sizeOf(path);
  if (bytes !== manifest.bytes) throw changed(folder, `images of ${bytes} bytes`, `${manifest.bytes} bytes`);
  const inMemory = bytes <= mostBytesInMemory ? readInput(path, 'a packed set') : undefined;
  const digest = inMemory ? sha256(inMemory) : await hashWithProgress(path, manifest, context);
  if (digest !== manifest.sha256) throw changed(folder, `images with sha256 ${digest}`, `sha256 ${manifest.sha256}`);
  return new PackedImages(manifest, inMemory ?? openInput(path, 'a packed set'));
}

/** The growing file: appended in large pieces, hashed on the way. */
class RecordFile {
  count: number;
  private readonly file: OpenFile;
  private readonly recordBytes: number;
  private readonly hash = createHash('sha256');
  private readonly buffer: Buffer;
  private buffered = 0;

  private readonly classes: number;

  /** Opens what an earlier process left: whole records that were checked are kept and hashed, the rest is cut off. */
  constructor(path: string, { resolution, classes, checked }: PackJob) {
    this.recordBytes = packedRecordBytes(resolution);
    this.classes = classes;
    this.buffer = Buffer.alloc(Math.ceil(writeBytes / this.recordBytes) * this.recordBytes);
    this.file = openForUpdate(path);
    const whole = Math.floor(this.file.size() / this.recordBytes);
    this.count = checked ? checked(whole) : whole;
    const kept = this.count * this.recordBytes;
    this.file.truncate(kept);
    for (let at = 0; at < kept;) {
      const read = this.file.readAt(at, this.buffer.subarray(0, kept - at));
      this.hash.update(this.buffer.subarray(0, read));
      at += read;
    }
  }

  append(label: number, pixels: Uint8Array): void {
    if (pixels.length !== this.recordBytes - labelBytes) throw new RangeError(`an image of ${pixels.length} bytes`);
    if (label >= this.classes) throw new RangeError(`label ${label} of ${this.classes} classes`);
    this.buffer.writeUInt16LE(label, this.buffered);
    this.buffer.set(pixels, this.buffered + labelBytes);
    this.buffered += this.recordBytes;
    this.count += 1;
    if (this.buffered === this.buffer.length) this.flush();
  }

  finish(total: number): { bytes: number; sha256: string } {
    if (this.count !== total) throw new RangeError(`${this.count} images, not the ${total} that were announced`);
    this.file.flush();
    return { bytes: this.count * this.recordBytes, sha256: this.hash.digest('hex') };
  }

  close(): void {
    this.file.close();
  }

  /** Writes what was appended: whoever goes on from here finds it. */
  flush(): void {
    const whole = this.buffer.subarray(0, this.buffered);
    const position = this.count * this.recordBytes - whole.length;
    this.file.writeAt(position, whole);
    this.hash.update(whole);
    this.buffered = 0;
  }
}

class PackedImages implements ImageSource {
  readonly id: Manifest['id'];
  readonly version: number;
  readonly resolution: number;
  readonly channels = 3;
  readonly classes: number;
  readonly trainImages: number;
  readonly heldOutImages: number;
  readonly contentHash: string;
  readonly origin: Manifest['origin'];
  private readonly records: Buffer | OpenFile;
  private readonly record: Buffer;

  constructor(manifest: Manifest, records: Buffer | OpenFile) {
    this.id = manifest.id;
    this.version = manifest.version;
    this.resolution = manifest.resolution;
    this.classes = manifest.classes;
    this.trainImages = manifest.trainImages;
    this.heldOutImages = manifest.heldOutImages;
    this.contentHash = manifest.sha256;
    this.origin = manifest.origin;
    this.records = records;
    this.record = Buffer.alloc(packedRecordBytes(this.resolution));
  }

  readTrain(index: number, out: Uint8Array): number {
    return this.read('training', index, this.trainImages, 0, out);
  }

  readHeldOut(index: number, out: Uint8Array): number {
    return this.read('held-out', index, this.heldOutImages, this.trainImages, out);
  }

  close(): void {
    if (this.records instanceof OpenFile) this.records.close();
  }

  private read(split: string, index: number, count: number, first: number, out: Uint8Array): number {
    if (!(Number.isInteger(index) && index >= 0 && index < count)) {
      throw new DataError({
        where: `${this.id}, ${split} images`,
        got: index,
        expected: `an index from 0 to ${count - 1}`,
        remedy: 'Mend the caller',
      });
    }
    const size = this.record.length;
    const offset = (first + index) * size;
    let record = this.record;
    if (this.records instanceof OpenFile) this.records.readAt(offset, record);
    else record = this.records.subarray(offset, offset + size);
    out.set(record.subarray(labelBytes));
    return record.readUInt16LE(0);
  }
}

function readManifest(folder: string): Manifest {
  const path = join(folder, 'manifest.json');
  let json: unknown;
  try {
    json = JSON.parse(readText(path));
  } catch (thrown) {
    throw changed(folder, 'no readable manifest', 'the manifest that was written with the images', thrown);
  }
  const parsed = manifestSchema.safeParse(json);
  if (!parsed.success)
    throw changed(folder, 'a manifest of another form', 'the manifest that was written with the images', parsed.error);
  return parsed.data;
}

async function hashWithProgress(path: string, manifest: Manifest, context: DataContext): Promise<string> {
  const options = { label: `${manifest.id}: verifying`, unit: '', total: manifest.bytes, format: formatBytes };
  const progress = new Progress(context.output, context.clock, options);
  let done = 0;
  const digest = await sha256OfFile(path, (bytes) => progress.update((done += bytes)));
  progress.finish();
  return digest;
}

function changed(folder: string, got: string, expected: string, cause?: unknown): DataError {
  return new DataError(
    {
      where: imagesPath(folder),
      got: described(got),
      expected: `${expected}, as when it was packed`,
      remedy: `Remove the folder ${folder} and start again: the set is packed anew`,
    },
    cause === undefined ? undefined : { cause },
  );
}
