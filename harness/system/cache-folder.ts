/** @file Cache folder for downloads and the engine: `CONSISTENCY_CACHE`, else the user's cache folder. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { makeWritableFolder } from './files/files.ts';
import { placedBy } from './files/system-error.ts';

/** The cache folder named by the environment; nothing is created. */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const named = environment.CONSISTENCY_CACHE;
  const base = environment.XDG_CACHE_HOME;
  const folder = named ? resolve(named) : join(base ? resolve(base) : join(homedir(), '.cache'), 'consistency-harness');
  placedBy('CONSISTENCY_CACHE', folder);
  return folder;
}

/** A folder below the cache folder, created and checked to be writable. */
export function writableCacheFolder(name: string, environment: NodeJS.ProcessEnv = process.env): string {
  const folder = join(cacheFolder(environment), name);
  makeWritableFolder(folder);
  return folder;
}
