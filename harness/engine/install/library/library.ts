/** @file Installs TensorFlow's library: fetched, unpacked and recorded as one folder, complete or absent. */
import { remove } from '../../../system/files/files.ts';
import { join } from 'node:path';
import type { InstallContext } from '../context.ts';
import { exclusively, type ExclusiveOptions } from '../exclusive.ts';
import { requireRoom } from '../machine/host.ts';
import {
  libraryManifestSchema,
  readManifest,
  rememberManifest,
  writeManifest,
  type LibraryManifest,
} from '../manifest.ts';
import { checkFiles, checkLinks } from '../recorded-file.ts';
import { inStaging, publishFolder } from '../../../system/files/staging.ts';
import { unpackWheels, type WheelPlace } from './unpack.ts';
import { folderName, type WheelSet } from './wheel-set.ts';
import { fetchWheels, keptBytes, wheelFolder } from './wheels.ts';

export interface Library {
  readonly folder: string;
  readonly manifest: LibraryManifest;
}

/** Room beside the files themselves: the addon, what a compiler writes, the file system's own. */
const spareBytes = 32_000_000;

/**
 * The set as it lies in the cache, checked by size and time of each file.
 * @returns undefined when it is not installed
 * @throws EngineError when a file of it is missing or was changed
 */
export async function installedLibrary(root: string, set: WheelSet): Promise<Library | undefined> {
  const folder = join(root, folderName(set));
  const manifest = readManifest(folder, libraryManifestSchema);
  if (!manifest) return undefined;
  checkLinks(folder, manifest.links);
  const files = await checkFiles(folder, manifest.files);
  if (!files) return { folder, manifest };
  const moved = { ...manifest, files: [...files] };
  rememberManifest(folder, moved);
  return { folder, manifest: moved };
}

/** The set, installed first where it is not there. */
export async function ensureLibrary(
  set: WheelSet,
  options: ExclusiveOptions,
  output: InstallContext['output'],
): Promise<Library> {
  return exclusively(options, output, (context) => installLibrary(set, context));
}

/**
 * The set, fetched and unpacked where it is not there. The caller holds the lock.
 * @param given wheels in the order of the set's, which are neither fetched nor removed
 * @throws EngineError or DataError: no Python or pip, no network, another file than the pinned one, a full disk
 */
export async function installLibrary(
  set: WheelSet,
  context: InstallContext,
  given?: readonly WheelPlace[],
): Promise<Library> {
  const present = await installedLibrary(context.root, set);
  if (present) return present;
  const folder = join(context.root, folderName(set));
  const finished = wheelFolder(context.root);
  const toFetch = given ? 0 : set.downloadBytes - keptBytes(set, finished);
  requireRoom(context.root, toFetch + set.unpackedBytes + spareBytes);
  const fetched = given ? [] : await inStaging(context.root, (staging) => fetchWheels(set, finished, staging, context));
  const wheels = given ?? fetched.map((path) => ({ path }));
  const manifest = await publishFolder(folder, async (staging) => {
    const files = await unpackWheels(set, wheels, staging, context);
    const written: LibraryManifest = {
      schema: 1,
      title: set.title,
      requirements: set.requirements.map((one) => ({ ...one })),
      files,
      links: { ...set.links },
      installed: context.clock.date().toISOString(),
    };
    writeManifest(staging, written);
    return written;
  });
  for (const wheel of fetched) remove(wheel);
  return { folder, manifest };
}
