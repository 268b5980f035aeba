/**
 * @file Finds the compiled addon of one TensorFlow, or builds and tests it.
 *
 * It is found by the fingerprint of its sources.
 */
import { makeFolder } from '../../../system/files/files.ts';
import { dirname, join } from 'node:path';
import { addonFile, addonFingerprint, quietFile } from './sources.ts';
import { buildAddon, type TensorflowFolder } from './build.ts';
import { findCompiler } from './compiler.ts';
import type { InstallContext } from '../context.ts';
import { withElapsed } from '../elapsed.ts';
import { addonManifestSchema, readManifest, rememberManifest, writeManifest, type AddonManifest } from '../manifest.ts';
import { proveAddon } from './proof.ts';
import { checkFiles, recordFile } from '../recorded-file.ts';
import { inStaging, publishFolder } from '../../../system/files/staging.ts';

export interface AddonPlace {
  /** The folder of TensorFlow's library, or of the person's own TensorFlow, in the cache; addons lie in `addons/` below it. */
  readonly folder: string;
  readonly tensorflow: TensorflowFolder;
  /** Plain data that name the library files it is linked to, where they may change under the same path. */
  readonly linkedTo: unknown;
}

export interface Addon {
  readonly folder: string;
  /** The file that is loaded. */
  readonly path: string;
  readonly manifest: AddonManifest;
}

/**
 * The addon of the present sources, checked by size and time of its files.
 * @throws EngineError when a file of it is missing or was changed
 */
export async function installedAddon(place: AddonPlace): Promise<Addon | undefined> {
  const { folder } = addonFolder(place);
  const manifest = readManifest(folder, addonManifestSchema);
  if (!manifest) return undefined;
  const files = await checkFiles(folder, manifest.files);
  const present = files ? { ...manifest, files: [...files] } : manifest;
  if (files) rememberManifest(folder, present);
  return { folder, path: join(folder, addonFile), manifest: present };
}

/**
 * The addon, compiled and proven where it is not there. The caller holds the lock.
 * @param gpuSign what shows the GPU that the proof must use
 */
export async function installAddon(
  place: AddonPlace,
  gpuSign: string | undefined,
  context: InstallContext,
): Promise<Addon> {
  const present = await installedAddon(place);
  if (present) return present;
  const { folder, sources } = addonFolder(place);
  const compiler = await findCompiler(context);
  makeFolder(join(place.folder, 'addons'));
  const manifest = await publishFolder(folder, async (staging) => {
    const commands = await withElapsed(`compiling the addon with ${compiler.name} (${compiler.takes})`, context, () =>
      inStaging(context.root, (work) => buildAddon(staging, work, place.tensorflow, compiler, context)),
    );
    const proof = await withElapsed('running it once to prove it', context, () =>
      proveAddon(join(staging, addonFile), gpuSign, context),
    );
    const files = await Promise.all([addonFile, quietFile].map((file) => recordFile(staging, file)));
    const built = context.clock.date().toISOString();
    const written: AddonManifest = { schema: 1, sources, compiler: compiler.name, commands, files, proof, built };
    writeManifest(staging, written);
    return written;
  });
  return { folder, path: join(folder, addonFile), manifest };
}

/** Proves an addon that is there, on a GPU on which it has not run yet. */
export async function proveAgain(
  path: string,
  manifest: AddonManifest,
  gpuSign: string,
  context: Pick<InstallContext, 'environment' | 'output' | 'signal'>,
): Promise<AddonManifest> {
  const proof = await proveAddon(path, gpuSign, context);
  const proven: AddonManifest = { ...manifest, proof };
  rememberManifest(dirname(path), proven);
  return proven;
}

function addonFolder(place: AddonPlace): { readonly folder: string; readonly sources: string } {
  const sources = addonFingerprint(place.linkedTo);
  return { folder: join(place.folder, 'addons', sources.slice(0, 16)), sources };
}
