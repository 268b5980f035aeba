/**
 * @file `ensureEngine`: installs the native library and this project's addon at first use.
 *
 * Later calls find both in milliseconds.
 */
import { join } from 'node:path';
import { cacheFolder } from '../../system/cache-folder.ts';
import type { Output } from '../../system/progress.ts';
import { formatDuration } from '../../core/units.ts';
import { systemClock } from '../../core/clock.ts';
import { installAddon, installedAddon, proveAgain, type Addon, type AddonPlace } from './addon/addon.ts';
import type { InstallContext } from './context.ts';
import { exclusively, type ExclusiveOptions } from './exclusive.ts';
import { requireDriver } from './machine/gpu.ts';
import { requireSupported, thisHost } from './machine/host.ts';
import { installLibrary, installedLibrary, type Library } from './library/library.ts';
import type { AddonManifest, LibraryManifest } from './manifest.ts';
import { ownTensorflow } from './addon/own-tensorflow.ts';
import { chooseTarget, type Target, type TargetOptions } from './machine/target.ts';
import { wheelSet } from './library/wheel-set.ts';
import type { Device } from '../../core/device.ts';

export interface EngineOptions extends ExclusiveOptions, TargetOptions {}

export interface InstalledEngine {
  /** What it was installed for: `auto` decided. */
  readonly device: Device;
  /** In the cache: TensorFlow's files and the addons for them, or the addons of a TensorFlow of one's own. */
  readonly folder: string;
  /** The file that `loadEngine` loads. */
  readonly addon: string;
  readonly manifest: {
    /** Absent for a TensorFlow of one's own. */
    readonly library: LibraryManifest | undefined;
    readonly addon: AddonManifest;
  };
}

/**
 * The engine for the device, installed first where it is not there.
 * @throws EngineError that names what is missing and how to get it (exit code 69 for a GPU that cannot be used, 75 for the network),
 *   DataError on a full disk or a cache that cannot be written, CheckpointedExit (85) when it was stopped half-way
 */
export async function ensureEngine(options: EngineOptions, output: Output): Promise<InstalledEngine> {
  const environment = options.environment ?? process.env;
  const target = chooseTarget(options, environment);
  const found = await findInstalled(target, environment);
  if (found) return provenHere(found, target, options, output);
  requireUsable(target, environment);
  const clock = options.clock ?? systemClock;
  const started = clock.now();
  return exclusively(options, output, async (context) => {
    // Another process may have finished it while this one waited.
    const finished = await findInstalled(target, environment);
    if (finished) return finished;
    const engine = await install(target, context);
    output.write(`engine: ready after ${formatDuration((clock.now() - started) / 1000)}, in ${engine.folder}\n`);
    return engine;
  });
}

/** Refuses what cannot end well before anything is fetched or unpacked. @throws EngineError that names the host's or the driver's lack */
export function requireUsable({ gpuSign }: Target, environment: NodeJS.ProcessEnv): void {
  if (!environment.CONSISTENCY_TENSORFLOW) requireSupported(thisHost());
  if (gpuSign !== undefined) requireDriver(gpuSign, environment);
}

/** The engine for the device if it is installed; nothing is written. */
export async function installedEngine(options: EngineOptions): Promise<InstalledEngine | undefined> {
  const environment = options.environment ?? process.env;
  return findInstalled(chooseTarget(options, environment), environment);
}

/** An engine that was installed where no GPU was is proven on the first GPU that it meets. */
async function provenHere(
  engine: InstalledEngine,
  { gpuSign }: Target,
  { environment = process.env, signal = new AbortController().signal }: EngineOptions,
  output: Output,
): Promise<InstalledEngine> {
  const { manifest } = engine;
  if (gpuSign === undefined || manifest.addon.proof.device === 'gpu') return engine;
  const addon = await proveAgain(engine.addon, manifest.addon, gpuSign, { environment, output, signal });
  return { ...engine, manifest: { ...manifest, addon } };
}

async function findInstalled(target: Target, environment: NodeJS.ProcessEnv): Promise<InstalledEngine | undefined> {
  const root = join(cacheFolder(environment), 'engine');
  const own = ownTensorflow(root, environment);
  const library = own ? undefined : await installedLibrary(root, wheelSet(target.device));
  if (!own && !library) return undefined;
  const addon = await installedAddon(own ?? placeIn(library!));
  return addon && engineOf(target, addon, library, own);
}

async function install(target: Target, context: InstallContext): Promise<InstalledEngine> {
  const own = ownTensorflow(context.root, context.environment);
  const set = wheelSet(target.device);
  const what = own ? `the addon for ${own.tensorflow.libraries}` : set.title;
  context.output.write(`engine: installing ${what} (${target.because}) into ${context.root}, once\n`);
  const library = own ? undefined : await installLibrary(set, context);
  const addon = await installAddon(own ?? placeIn(library!), target.gpuSign, context);
  return engineOf(target, addon, library, own);
}

function placeIn({ folder, manifest }: Library): AddonPlace {
  const libraries = join(folder, 'tensorflow');
  return {
    folder,
    tensorflow: { libraries, include: join(libraries, 'include'), runPath: '$ORIGIN/../../tensorflow' },
    linkedTo: manifest.requirements,
  };
}

function engineOf(
  { device }: Target,
  addon: Addon,
  library: Library | undefined,
  own: AddonPlace | undefined,
): InstalledEngine {
  const folder = (library ?? own!).folder;
  return { device, folder, addon: addon.path, manifest: { library: library?.manifest, addon: addon.manifest } };
}
