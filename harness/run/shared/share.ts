/**
 * @file Checks, fetches and bundles the files that runs share.
 *
 * So that a machine without a network lacks nothing.
 */
import { join } from 'node:path';
import { DataError, described } from '../../core/errors.ts';
import type { DataContext } from '../../data/packed.ts';
import { readBundleIndex, unpackBundle, writeBundle, type BundleIndex } from '../../formats/bundle.ts';
import { makeWritableFolder } from '../../system/files/files.ts';
import { isThere, sharedFiles, sharedFileIds, statesOf, type FileState, type SharedFileId } from './files.ts';

/** Downloads and packs what is not there; what is there is read and compared with its hash. */
export async function fetchShared(ids: readonly SharedFileId[], context: DataContext): Promise<void> {
  for (const id of ids) await sharedFiles[id].open(context);
}

/**
 * Reads everything that is there and compares it with its hash; downloads nothing and writes nothing.
 * @returns the state of each
 * @throws DataError on the first that is damaged
 */
export async function checkShared(ids: readonly SharedFileId[], context: DataContext): Promise<FileState[]> {
  const states = statesOf(ids, context.cache);
  for (const state of states) if (isThere(state)) await sharedFiles[state.id].open(context);
  return states;
}

/** What is missing, as the one line with which a check ends. */
export function missingShared(states: readonly FileState[], cache: string): DataError | undefined {
  const missing = states.filter((state) => !isThere(state)).map(({ id, use }) => `${id} (${use})`);
  if (missing.length === 0) return undefined;
  return new DataError({
    where: cache,
    got: described(`no ${missing.join(', no ')}`),
    expected: 'all that was asked for',
    remedy: 'Run `npm run data -- fetch` where there is a network, or `npm run data -- install --from <bundle>`',
  });
}

/** Writes what is there as one bundle. @throws DataError when something is missing, `out` is taken, or the disk is full */
export async function bundleShared(
  ids: readonly SharedFileId[],
  out: string,
  context: DataContext,
): Promise<BundleIndex> {
  const states = statesOf(ids, context.cache);
  const fault = missingShared(states, context.cache);
  if (fault) throw fault;
  const names = ids.flatMap((id) => sharedFiles[id].files(context.cache));
  const files = names.map((name) => ({ name, path: join(context.cache, name) }));
  return writeBundle(out, { kind: 'data', title: states.map(({ title }) => title).join(', '), files }, context);
}

/**
 * Puts the files of a bundle into the cache and reads them.
 * @returns what the bundle held
 * @throws DataError when it is cut, forged, none, or of a checkout that keeps its files under other names
 */
export async function installShared(path: string, context: DataContext): Promise<FileState[]> {
  const { cache } = context;
  const index = await readBundleIndex(path, 'data');
  const names = new Set(index.files.map(({ name }) => name));
  const known = new Set(sharedFileIds.flatMap((id) => sharedFiles[id].files(cache)));
  const stranger = [...names].find(
    (name) => !known.has(name) && !/^data\/imagenet64-v\d+-[0-9a-f]{16}\/[a-z.]+$/.test(name),
  );
  if (stranger !== undefined) {
    throw new DataError({
      where: path,
      got: described(stranger),
      expected: 'files that this checkout uses',
      remedy: 'Make the bundle with this checkout: npm run data -- bundle --out <file.tar>',
    });
  }
  makeWritableFolder(cache);
  await unpackBundle(path, index, ({ name }) => join(cache, name), context);
  const held = sharedFileIds.filter((id) => sharedFiles[id].files(cache).some((name) => names.has(name)));
  return checkShared(held, context);
}
