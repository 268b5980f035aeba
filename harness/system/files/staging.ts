/** @file Writes folders atomically: filled under a temporary name, then renamed. */
import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import { exists, makeFolder, move, namesIn, remove } from './files.ts';

const prefix = '.staging-';

/** Calls `fill` with an empty folder beside `folder`, then gives it that name in place of what lies there; whatever happens, nothing unfinished stays. */
export async function publishFolder<T>(folder: string, fill: (staging: string) => Promise<T>): Promise<T> {
  return inStaging(dirname(folder), async (staging) => {
    const result = await fill(staging);
    // What lies there has no manifest, or the caller would not have begun.
    remove(folder);
    move(staging, folder);
    return result;
  });
}

/** Calls `work` with an empty folder in `parent` that is removed afterwards. */
export async function inStaging<T>(parent: string, work: (staging: string) => Promise<T>): Promise<T> {
  const staging = join(parent, `${prefix}${randomUUID().slice(0, 8)}`);
  makeFolder(staging);
  try {
    return await work(staging);
  } finally {
    remove(staging);
  }
}

/** Removes what killed processes left in `parent`; only the holder of the lock may call it. */
export function removeUnfinished(parent: string): void {
  if (!exists(parent)) return;
  for (const name of namesIn(parent)) if (name.startsWith(prefix)) remove(join(parent, name));
}
