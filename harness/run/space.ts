/** @file Disk space: what runs, downloads and engines take; removal of what is named; room for a run. */
import { dirname, join, resolve } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { DataError, UsageError, described, exitCodes } from '../core/errors.ts';
import { suggestion } from '../core/suggest.ts';
import { formatBytes } from '../core/units.ts';
import { bytesStillFetched } from '../data/open.ts';
import { graphFolder } from '../metrics/features/inception/weights.ts';
import { referenceFolder } from '../metrics/reference/published.ts';
import { folderBytes } from '../plan/cost.ts';
import type { Plan } from '../plan/types.ts';
import { datasets } from '../recipe/dataset.ts';
import { cellFolderName, registrationFileName } from '../results/registration.ts';
import { resultFileName } from '../results/store.ts';
import {
  exists,
  filesBelow,
  freeBytes,
  isFolder,
  namesIn,
  remove,
  sizeAndTimeOf,
  sizeOf,
} from '../system/files/files.ts';
import { lockOwner } from '../system/lock.ts';
import { cellOwner } from './cell/cell-lock.ts';
import { runOwner } from './run-lock.ts';

/** Something that can be removed by its name. */
export interface Item {
  /** As it is typed: `runs/shapes-smoke`, `cache/downloads/cifar-10-binary.tar.gz`. */
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
  /** Of its newest file; null where it has none. */
  readonly changedMs: number | null;
}

/** The folders of the cache whose entries this project makes; the engine is one item. */
const cacheRooms = ['downloads', 'data', graphFolder, referenceFolder, 'features', 'peers'] as const;

/** Every run below the folder of runs, and everything in the cache; nothing else that lies there. */
export function listItems(runs: string, cache: string): Item[] {
  const ofRuns = namesOf(runs)
    .map((name) => join(runs, name))
    .filter((path) => exists(join(path, registrationFileName)));
  const ofCache = cacheRooms.flatMap((room) =>
    namesOf(join(cache, room))
      .filter((name) => !name.includes('.lock'))
      .map((name) => join(room, name)),
  );
  const engine = namesOf(join(cache, 'engine')).length > 0 ? ['engine'] : [];
  return [
    ...ofRuns.map((path) => itemAt(path, path)),
    ...[...engine, ...ofCache].map((name) => itemAt(join('cache', name), join(cache, name))),
  ];
}

/**
 * Removes what is named and nothing else; all names are checked before the first is removed.
 * @param removeEngine takes away the engine, which other processes may be installing
 * @throws UsageError for a name that is not listed; DataError (exit code 75) when a process works on one of them
 */
export async function removeItems(
  names: readonly string[],
  items: readonly Item[],
  { clock, removeEngine }: { readonly clock: Clock; readonly removeEngine: () => Promise<unknown> },
): Promise<Item[]> {
  const chosen = names.map((name) => itemNamed(name, items));
  for (const item of chosen) requireIdle(item, clock);
  for (const { name, path } of chosen) {
    if (name === join('cache', 'engine')) await removeEngine();
    else remove(path);
  }
  return chosen;
}

/**
 * Checks that what the cells without a result still write has room: two checkpoints, a third that is being written, and the weights of each.
 * @param free bytes, where they are not asked of the disk
 * @throws DataError when it has not
 */
export function requireRoomForRun(runFolder: string, plans: readonly Plan[], free?: number): void {
  const cells = plans
    .map((plan) => ({ plan, folder: join(runFolder, cellFolderName(plan.recipe.id, plan.seed)) }))
    .filter(({ folder }) => !exists(join(folder, resultFileName)));
  const wanted = cells.reduce((sum, { plan, folder }) => sum + Math.max(0, folderBytes(plan) - bytesAt(folder)), 0);
  const there = free ?? freeBytes(nearestFolder(resolve(runFolder)));
  if (there >= wanted) return;
  throw new DataError({
    where: runFolder,
    got: described(`${formatBytes(there)} of free disk space`),
    expected: `about ${formatBytes(wanted)} for the checkpoints and weights of ${cells.length} ${cells.length === 1 ? 'cell' : 'cells'}`,
    remedy:
      'Free some space (`npm run clean` lists what old runs and downloads take), or name a folder on another disk with --runs',
  });
}

/**
 * Checks that what training will still download and pack has room in the cache.
 * @param data named by a person, whose size is known only once it is read
 * @param free bytes, where they are not asked of the disk
 * @throws DataError when it has not
 */
export function requireRoomForImages(
  { recipe, weights }: Plan,
  data: string | undefined,
  cache: string,
  free?: number,
): void {
  if (weights || data !== undefined) return;
  const wanted = bytesStillFetched(recipe.data.dataset, { cache });
  const there = free ?? freeBytes(nearestFolder(resolve(cache)));
  if (there >= wanted) return;
  throw new DataError({
    where: cache,
    got: described(`${formatBytes(there)} of free disk space`),
    expected: `about ${formatBytes(wanted)} for the images of ${datasets[recipe.data.dataset].title}, downloaded and packed`,
    remedy:
      'Free some space (`npm run clean` lists what old runs and downloads take), or name a folder on another disk with CONSISTENCY_CACHE',
  });
}

function itemAt(name: string, path: string): Item {
  const files = isFolder(path) ? filesBelow(path) : [path];
  const states = files.map(sizeAndTimeOf);
  return {
    name,
    path,
    bytes: states.reduce((sum, { bytes }) => sum + bytes, 0),
    changedMs: states.length > 0 ? Math.max(...states.map(({ mtimeMs }) => mtimeMs)) : null,
  };
}

function itemNamed(typed: string, items: readonly Item[]): Item {
  const name = join(typed).replace(/\/$/, '');
  const item = items.find((one) => one.name === name);
  if (item) return item;
  const known = items.map((one) => one.name);
  throw new UsageError({
    where: 'npm run clean',
    got: typed,
    expected: 'a name that `npm run clean` lists',
    remedy: known.length > 0 ? suggestion(name, known) : 'There is nothing to remove',
  });
}

function requireIdle({ name, path }: Item, clock: Clock): void {
  const folders = isFolder(path) ? [path, ...namesIn(path).map((cell) => join(path, cell))].filter(isFolder) : [];
  const owner =
    lockOwner(`${path}.lock`, { clock }) ??
    folders.map((folder) => runOwner(folder, clock) ?? cellOwner(folder, clock)).find((one) => one !== undefined);
  if (!owner) return;
  throw new DataError(
    {
      where: name,
      got: described(`process ${owner.pid} on ${owner.host} at work on it`),
      expected: 'something that no process is at work on',
      remedy: 'Wait for that process or end it; nothing was removed',
    },
    { exitCode: exitCodes.transient },
  );
}

function namesOf(folder: string): string[] {
  return isFolder(folder) ? namesIn(folder) : [];
}

function bytesAt(folder: string): number {
  return isFolder(folder) ? filesBelow(folder).reduce((sum, path) => sum + sizeOf(path), 0) : 0;
}

/** The folder, or the nearest above it that is there. */
function nearestFolder(folder: string): string {
  return isFolder(folder) || dirname(folder) === folder ? folder : nearestFolder(dirname(folder));
}
