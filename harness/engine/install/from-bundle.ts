/** @file Installs the engine from a bundle, without a network; makes such a bundle. */
import type { BundleIndex } from '../../formats/bundle.ts';
import type { Output } from '../../system/progress.ts';
import { exists, namesIn, remove } from '../../system/files/files.ts';
import { join } from 'node:path';
import { exclusively, type ExclusiveOptions } from './exclusive.ts';
import { ensureEngine, installedEngine, requireUsable, type InstalledEngine } from './install.ts';
import { bundleEngine, deviceOfBundle, installBundled } from './library/bundle.ts';
import { wheelSet } from './library/wheel-set.ts';
import { chooseTarget } from './machine/target.ts';
import { wheelFolder } from './library/wheels.ts';
import type { Device } from '../../core/device.ts';

/** Fetches what an installation needs and writes it as one file or folder; nothing is installed. */
export function makeEngineBundle(
  device: Device,
  out: string,
  options: ExclusiveOptions,
  output: Output,
): Promise<BundleIndex> {
  return exclusively(options, output, (context) => bundleEngine(device, out, context));
}

/**
 * The engine of a bundle, installed where it is not there yet. Needs neither network nor Python; the compiler is the system's, else the
 * bundle's.
 * @param device the device that was asked for; absent: that of the bundle
 * @throws EngineError when the bundle is of another version, DataError when it is cut, forged or none; what `ensureEngine` throws
 */
export async function installFromBundle(
  path: string,
  device: Device | undefined,
  options: ExclusiveOptions,
  output: Output,
): Promise<InstalledEngine> {
  const wanted = { ...options, device: device ?? (await deviceOfBundle(path)), forElsewhere: true };
  const present = await installedEngine(wanted);
  if (present) return present;
  const environment = options.environment ?? process.env;
  requireUsable(chooseTarget(wanted, environment), environment);
  await exclusively(options, output, async (context) => {
    await installBundled(path, [wheelSet(wanted.device), wheelSet('compiler')], context);
  });
  const engine = await ensureEngine(wanted, output);
  // Where the system has a compiler, that of the bundle is left.
  await exclusively(options, output, ({ root }) => {
    const folder = wheelFolder(root);
    for (const name of exists(folder) ? namesIn(folder) : []) remove(join(folder, name));
    return Promise.resolve();
  });
  return engine;
}
