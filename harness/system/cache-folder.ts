/** @file Where downloads and the engine live: `CONSISTENCY_CACHE`, else the user's cache folder. */
import { accessSync, constants, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { asWriteError } from './atomic-file.ts';

/** The cache folder named by the environment; nothing is created. */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const named = environment.CONSISTENCY_CACHE;
  if (named) return resolve(named);
  const base = environment.XDG_CACHE_HOME;
  return join(base ? resolve(base) : join(homedir(), '.cache'), 'consistency-harness');
}

/** A folder below the cache folder, created and checked to be writable. */
export function writableCacheFolder(name: string, environment: NodeJS.ProcessEnv = process.env): string {
  const folder = join(cacheFolder(environment), name);
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
  } catch (thrown) {
    throw asWriteError(folder, thrown);
  }
  return folder;
}
