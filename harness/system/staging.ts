/** @file Folders appear whole or not at all: filled under another name, then renamed. */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import { asWriteError } from './atomic-file.ts';

const prefix = '.staging-';

/** Calls `fill` with an empty folder beside `folder`, then gives it that name in place of what lies there; whatever happens, nothing unfinished stays. */
export async function publishFolder<T>(folder: string, fill: (staging: string) => Promise<T>): Promise<T> {
  return inStaging(dirname(folder), async (staging) => {
    const result = await fill(staging);
    try {
      // What lies there has no manifest, or the caller would not have begun.
      rmSync(folder, { recursive: true, force: true });
      renameSync(staging, folder);
    } catch (thrown) {
      throw asWriteError(folder, thrown);
    }
    return result;
  });
}

/** Calls `work` with an empty folder in `parent` that is removed afterwards. */
export async function inStaging<T>(parent: string, work: (staging: string) => Promise<T>): Promise<T> {
  const staging = join(parent, `${prefix}${randomUUID().slice(0, 8)}`);
  try {
    mkdirSync(staging, { recursive: true });
  } catch (thrown) {
    throw asWriteError(staging, thrown);
  }
  try {
    return await work(staging);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

/** Removes what killed processes left in `parent`; only the holder of the lock may call it. */
export function removeUnfinished(parent: string): void {
  if (!existsSync(parent)) return;
  for (const name of readdirSync(parent)) {
    if (name.startsWith(prefix)) rmSync(join(parent, name), { recursive: true, force: true });
  }
}
