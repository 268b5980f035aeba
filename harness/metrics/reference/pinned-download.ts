/**
 * @file Trust on first use: records the hash of the first download and rejects any other.
 *
 * It is for files of which no one publishes a hash.
 */
import { dirname, join } from 'node:path';
import { writeJsonAtomically } from '../../system/files/atomic-file.ts';
import { cacheFolder, writableCacheFolder } from '../../system/cache-folder.ts';
import { exists } from '../../system/files/files.ts';
import { readText } from '../../system/files/input-file.ts';
import type { Clock } from '../../core/clock.ts';
import { download, type DownloadedFile, type RemoteFile } from '../../system/download/download.ts';
import { DataError } from '../../core/errors.ts';
import type { Output } from '../../system/progress.ts';

export interface FetchOptions {
  readonly output: Output;
  readonly clock: Clock;
  readonly environment?: NodeJS.ProcessEnv;
}

/**
 * Downloads a file into a folder of the cache, or verifies the one that is there against the hash of its first download.
 * @param check reads the file and throws when it is not what it should be: only a file that passes is recorded
 * @throws DataError as `download`, and when the file changed since it was recorded
 */
export async function fetchPinned<T>(
  file: Omit<RemoteFile, 'sha256'>,
  subfolder: string,
  options: FetchOptions,
  check: (downloaded: DownloadedFile) => Promise<T>,
): Promise<T> {
  const { environment } = options;
  const [path, pinFile] = pinnedFiles(file.name, subfolder).map((name) => join(cacheFolder(environment), name));
  const pinned = readPin(pinFile!);
  // A shared cache that holds both is read by those who cannot write it.
  const isWhole = pinned !== undefined && exists(path!);
  const folder = isWhole ? dirname(path!) : writableCacheFolder(subfolder, environment);
  const downloaded = await download({ ...file, ...(pinned ? { sha256: pinned } : {}) }, { folder, ...options });
  const checked = await check(downloaded);
  if (!pinned) writeJsonAtomically(pinFile!, { sha256: downloaded.sha256 });
  return checked;
}

/** The file and the record of its hash, below the cache folder. */
export function pinnedFiles(name: string, subfolder: string): readonly [file: string, record: string] {
  const file = join(subfolder, name);
  return [file, `${file}.sha256.json`];
}

function readPin(path: string): string | undefined {
  if (!exists(path)) return undefined;
  const text = readText(path);
  const [, sha256] = /"sha256": "([0-9a-f]{64})"/.exec(text) ?? [];
  if (sha256 !== undefined) return sha256;
  throw new DataError({
    where: path,
    got: text.slice(0, 80),
    expected: 'the recorded sha256 of the file',
    remedy: 'Remove it to record the file again',
  });
}
