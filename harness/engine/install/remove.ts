/** @file Removes the engine: only the files that this project put into its folder. */
import { exists, filesBelow, namesIn, remove, removeEmptyFolder, sizeOf } from '../../system/files/files.ts';
import { join } from 'node:path';
import { cacheFolder } from '../../system/cache-folder.ts';
import { silence } from '../../system/progress.ts';
import { exclusively, type ExclusiveOptions } from './exclusive.ts';
import type { Device } from '../../core/device.ts';

export interface Removed {
  readonly folder: string;
  readonly names: readonly string[];
  readonly bytes: number;
}

/** With a device: the library for it and its addons. Without: everything, TensorFlows of one's own excepted (they lie elsewhere). */
export interface RemoveOptions extends ExclusiveOptions {
  readonly device?: Device;
}

const everything =
  /^(tensorflow-[0-9.]+-(cpu|gpu)-[0-9a-f]{8}|zig-[0-9.]+-[0-9a-f]{8}|zig-cache|own-[0-9a-f]{8}|wheels)$/;

/** @throws DataError when the folder cannot be written. Processes that have the engine loaded go on undisturbed. */
export async function removeEngine(options: RemoveOptions = {}): Promise<Removed> {
  const folder = join(cacheFolder(options.environment), 'engine');
  if (!exists(folder)) return { folder, names: [], bytes: 0 };
  const { device } = options;
  const wanted = device === undefined ? everything : new RegExp(`^tensorflow-[0-9.]+-${device}-[0-9a-f]{8}$`);
  const removed = await exclusively(options, silence, ({ root }) => {
    const names = namesIn(root).filter((name) => wanted.test(name));
    const bytes = names.reduce((sum, name) => sum + bytesOf(join(root, name)), 0);
    for (const name of names) remove(join(root, name));
    return Promise.resolve({ folder, names, bytes });
  });
  if (device === undefined) removeIfEmpty(folder);
  return removed;
}

/** Bytes of all files at or below the path. */
export function bytesOf(path: string): number {
  return filesBelow(path).reduce((sum, file) => sum + sizeOf(file), 0);
}

function removeIfEmpty(folder: string): void {
  for (const name of namesIn(folder)) if (name.startsWith('install.lock.')) remove(join(folder, name));
  if (namesIn(folder).length === 0) removeEmptyFolder(folder);
}
