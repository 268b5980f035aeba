/**
 * @file Bundles of the engine: pinned wheels for a machine without a network.
 *
 * Each is compared with its hash, then unpacked from where it lies.
 */
import { basename, join } from 'node:path';
import { EngineError, described } from '../../../core/errors.ts';
import {
  bundledPlaces,
  readBundleIndex,
  unpackBundle,
  writeBundle,
  type BundledFile,
  type BundleIndex,
} from '../../../formats/bundle.ts';
import { remove } from '../../../system/files/files.ts';
import { inStaging } from '../../../system/files/staging.ts';
import type { InstallContext } from '../context.ts';
import { installLibrary, type Library } from './library.ts';
import type { WheelPlace } from './unpack.ts';
import { wheelSet, type Requirement, type WheelSet } from './wheel-set.ts';
import { fetchWheels, isWheelOf, wheelFolder } from './wheels.ts';
import type { Device } from '../../../core/device.ts';

/**
 * Fetches the wheels of the device, and of the compiler for machines without one, and writes them as one bundle. Nothing is installed.
 * @throws DataError when `out` is taken or the disk is full; what `fetchWheels` throws
 */
export async function bundleEngine(device: Device, out: string, context: InstallContext): Promise<BundleIndex> {
  return bundleSets([wheelSet(device), wheelSet('compiler')], out, context);
}

/** The wheels of the sets as one bundle. */
export async function bundleSets(
  sets: readonly [WheelSet, ...WheelSet[]],
  out: string,
  context: InstallContext,
): Promise<BundleIndex> {
  const wheels: string[] = [];
  for (const set of sets) {
    wheels.push(
      ...(await inStaging(context.root, (staging) => fetchWheels(set, wheelFolder(context.root), staging, context))),
    );
  }
  const files = wheels.map((path) => ({ name: `wheels/${basename(path)}`, path }));
  const index = await writeBundle(out, { kind: 'engine', title: sets[0].title, files }, context);
  for (const wheel of wheels) remove(wheel);
  return index;
}

/**
 * Installs the first set from a bundle, where its wheels are read without being copied, and puts the wheels of the others where an
 * installation looks for finished downloads. The caller holds the lock.
 * @throws EngineError when the bundle is of other versions than this checkout's, DataError when it is cut, forged or none; what
 *   `installLibrary` throws
 */
export async function installBundled(
  path: string,
  [library, ...others]: readonly [WheelSet, ...WheelSet[]],
  context: InstallContext,
): Promise<Library> {
  const { index, places } = await bundledWheels(path, library);
  // A compressed archive has to be unpacked before its wheels can be.
  const toPlace = places ? others : [library, ...others];
  if (toPlace.length > 0) await placeWheels(path, index, toPlace, context);
  return installLibrary(library, context, places);
}

/**
 * The wheels of a set in a bundle, whose pins were found to hold; their hashes are compared before each is unpacked.
 * @returns places undefined: the bundle is a compressed archive
 * @throws EngineError, DataError as `installBundled`
 */
export async function bundledWheels(
  path: string,
  set: WheelSet,
): Promise<{ readonly index: BundleIndex; readonly places: WheelPlace[] | undefined }> {
  const index = await readBundleIndex(path, 'engine');
  const wheels = set.requirements.map((one) => pinnedFile(path, one, index.files));
  return { index, places: bundledPlaces(path, wheels) };
}

/** Puts the wheels of sets where an installation looks for finished downloads. @throws DataError when one is cut or forged */
export async function placeWheels(
  path: string,
  index: BundleIndex,
  sets: readonly WheelSet[],
  context: InstallContext,
): Promise<void> {
  const wanted = sets.flatMap(({ requirements }) => requirements);
  const folder = wheelFolder(context.root);
  const isWanted = (file: BundledFile): boolean => wanted.some(({ sha256 }) => sha256 === file.sha256);
  await unpackBundle(path, index, (file) => (isWanted(file) ? join(folder, basename(file.name)) : undefined), context);
}

/** The device whose library a bundle holds. @throws DataError when it is no bundle of the engine, EngineError when it is of another version */
export async function deviceOfBundle(path: string): Promise<Device> {
  const { files } = await readBundleIndex(path, 'engine');
  const names = files.map(({ name }) => basename(name));
  const holds = (device: Device): boolean =>
    wheelSet(device).requirements.every(({ name }) =>
      names.some((file) => file.startsWith(`${name.replaceAll('-', '_')}-`)),
    );
  // The GPU's set is the larger one, and none of its names is one of the CPU's.
  return holds('gpu') ? 'gpu' : 'cpu';
}

function pinnedFile(path: string, one: Requirement, files: readonly BundledFile[]): BundledFile {
  const file = files.find(({ name }) => isWheelOf(one, basename(name)));
  if (file?.sha256 === one.sha256) return file;
  const prefix = `${one.name.replaceAll('-', '_')}-`;
  const other = files.map(({ name }) => basename(name)).find((name) => name.startsWith(prefix));
  const got = file
    ? `${one.name} ${one.version} with sha256 ${file.sha256}`
    : other
      ? `${one.name} ${other.slice(prefix.length).split('-')[0]!}`
      : `no ${one.name}`;
  throw new EngineError({
    where: path,
    got: described(got),
    expected: file ? `sha256 ${one.sha256}, which is pinned` : `${one.name} ${one.version}, which this checkout pins`,
    remedy: file
      ? 'Do not use this bundle: make one anew with `npm run engine -- bundle`'
      : 'Make the bundle with this checkout: npm run engine -- bundle, with --gpu for a GPU',
  });
}
