/**
 * @file Loads the 2015 Inception graph, from a user's file or from TensorFlow's archive.
 *
 * The archive is downloaded once and pinned.
 */
import { basename } from 'node:path';
import { DataError, described } from '../../../core/errors.ts';
import { readInput } from '../../../system/files/input-file.ts';
import { readTar } from '../../../formats/tar.ts';
import { fetchPinned, type FetchOptions } from '../../reference/pinned-download.ts';

/** Source: NVlabs/edm `fid.py`; the archive that every published Inception-2015 of other frameworks was converted from. */
export const publishedGraph = {
  name: 'inception-2015-12-05.tgz',
  url: 'http://download.tensorflow.org/models/image/imagenet/inception-2015-12-05.tgz',
  instead:
    'Name a graph of your own with --graph (`npm run metrics`) or --inception (`npm run reproduce`); `npm run reproduce shapes` needs none',
} as const;

/** Where it lies below the cache folder. */
export const graphFolder = 'inception';

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
  if (!/\.(tgz|tar\.gz|tar)$/.test(path))
    return { where: path, bytes: readInput(path, `${member}, or an archive that holds it`) };
  for await (const { name, data } of readTar(path, maxGraphBytes)) {
    if (basename(name) === member) return { where: `${path}, ${member}`, bytes: data };
  }
  throw new DataError({
    where: path,
    got: described('an archive without it'),
    expected: `${member} inside the archive`,
    remedy: `Use ${publishedGraph.name}`,
  });
}

/** The published graph, downloaded once. @throws DataError as `fetchPinned` and `readGraph` */
export function fetchPublishedGraph(options: FetchOptions): Promise<GraphFile> {
  return fetchPinned(publishedGraph, graphFolder, options, ({ path }) => readGraph(path));
}
