/** @file Where the 2015 Inception graph comes from: a file of one's own, or TensorFlow's archive, downloaded once and pinned. */
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { writeJsonAtomically } from '../../core/atomic-file.ts';
import { writableCacheFolder } from '../../core/cache-folder.ts';
import type { Clock } from '../../core/clock.ts';
import { download } from '../../core/download.ts';
import { DataError, described, systemCode } from '../../core/errors.ts';
import type { Output } from '../../core/progress.ts';
import { readTar } from '../../formats/tar.ts';

/** Source: NVlabs/edm `fid.py`; the archive that every published Inception-2015 of other frameworks was converted from. */
const archive = {
  name: 'inception-2015-12-05.tgz',
  url: 'http://download.tensorflow.org/models/image/imagenet/inception-2015-12-05.tgz',
  instead: 'Name a graph of your own with --graph, or measure without Inception: `npm run reproduce shapes` needs none',
} as const;

/** The graph's name inside the archive. */
const member = 'classify_image_graph_def.pb';

/** Largest graph that is read: the published one has 95.7 MB. */
const maxGraphBytes = 300_000_000;

export interface GraphFile {
  /** Where the bytes came from, for errors. */
  readonly where: string;
  readonly bytes: Uint8Array;
}

/** A graph named by its path: the `.pb` alone, or an archive (`.tgz`, `.tar.gz`, `.tar`) that holds it. */
export async function readGraph(path: string): Promise<GraphFile> {
  if (!/\.(tgz|tar\.gz|tar)$/.test(path)) return { where: path, bytes: readWhole(path) };
  for await (const { name, data } of readTar(path, maxGraphBytes)) {
    if (basename(name) === member) return { where: `${path}, ${member}`, bytes: data };
  }
  throw new DataError({
    where: path,
    got: described('an archive without it'),
    expected: `${member} inside the archive`,
    remedy: `Use ${archive.name}`,
  });
}

export interface FetchOptions {
  readonly output: Output;
  readonly clock: Clock;
  readonly environment?: NodeJS.ProcessEnv;
}

/**
 * The published graph. No one publishes a hash of it: the hash of the first download is recorded beside it, and from then on nothing
 * else is accepted.
 * @throws DataError as `download`, and when the archive changed since it was recorded
 */
export async function fetchPublishedGraph(options: FetchOptions): Promise<GraphFile> {
  const folder = writableCacheFolder('inception', options.environment);
  const pinFile = join(folder, `${archive.name}.sha256.json`);
  const pinned = readPin(pinFile);
  const file = await download({ ...archive, ...(pinned ? { sha256: pinned } : {}) }, { folder, ...options });
  const graph = await readGraph(file.path);
  if (!pinned) writeJsonAtomically(pinFile, { sha256: file.sha256 });
  return graph;
}

function readPin(path: string): string | undefined {
  if (!existsSync(path)) return undefined;
  const text = readFileSync(path, 'utf8');
  const [, sha256] = /"sha256": "([0-9a-f]{64})"/.exec(text) ?? [];
  if (sha256 !== undefined) return sha256;
  throw new DataError({
    where: path,
    got: text.slice(0, 80),
    expected: 'the recorded sha256 of the archive',
    remedy: 'Remove it to record the archive again',
  });
}

function readWhole(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (thrown) {
    throw new DataError(
      {
        where: path,
        got: described(`no readable file (${systemCode(thrown) ?? 'unknown error'})`),
        expected: `${member}, or an archive that holds it`,
        remedy: 'Check the path',
      },
      { cause: thrown },
    );
  }
}
