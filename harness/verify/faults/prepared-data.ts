/** @file Prepares data on a disk that fails: a file is downloaded, photographs are listed, hashed and packed. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { sha256 } from '../../core/hash.ts';
import { openSource } from '../../data/open.ts';
import { gridPng } from '../../sample/grid.ts';
import { download, type RemoteFile } from '../../system/download/download.ts';
import { writeFileAtomically } from '../../system/files/atomic-file.ts';
import { sha256OfFile } from '../../system/files/file-hash.ts';
import { silence } from '../../system/progress.ts';
import type { FaultDisk } from './fault-disk.ts';

/** What is downloaded, from a server in this process. */
const published = Buffer.from(Array.from({ length: 5_000 }, (_, i) => (i * 7919) >> 3));

/** Photographs of two classes; PNG, whose checks find every changed bit. */
const photographs: readonly (readonly [name: string, bytes: Uint8Array])[] = [
  'n01440764/n01440764_9.JPEG',
  'n01443537/n01443537_7.JPEG',
  'n01443537/n01443537_31.JPEG',
].map((name, i) => {
  const pixels = Uint8Array.from({ length: 64 * 64 * 3 }, (_, at) => (at >> 6) * (i + 3));
  return [name, gridPng(pixels, { count: 1, height: 64, width: 64, columns: 1 })] as const;
});

/** A person's photographs: whatever a fault did to them, they are there again before the next process begins. */
export function placePhotographs(folder: string): void {
  for (const [name, bytes] of photographs) writeFileAtomically(join(folder, 'photographs', name), bytes);
}

/**
 * Has everything that a run on downloaded data and on photographs prepares before its first step.
 * @returns hashes of what was prepared
 */
export async function prepareData(folder: string, clock: FaultDisk['clock']): Promise<string[]> {
  const cache = join(folder, 'cache');
  const context = { cache, output: silence, clock, environment: {}, pausesMs: [0, 0] };
  const { path } = await download(await servedFile(), { ...context, folder: join(cache, 'downloads') });
  const source = await openSource('imagenet64', context, { data: join(folder, 'photographs') });
  source.close();
  return [`download ${await sha256OfFile(path)}`, `images ${source.contentHash}`];
}

/** Work that was finished leaves none that is not. */
export function isUnfinished(path: string): boolean {
  return /\.(part|keys)(-|$)/.test(path);
}

let server: Promise<RemoteFile> | undefined;

/** Of this process's own server, which does not keep the process from ending. */
function servedFile(): Promise<RemoteFile> {
  server ??= new Promise((resolve) => {
    const listening = createServer((request, response) => {
      const first = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
      const rest = published.subarray(first);
      const range = { 'content-range': `bytes ${first}-${published.length - 1}/${published.length}` };
      response.writeHead(first > 0 ? 206 : 200, { 'content-length': rest.length, ...(first > 0 && range) });
      response.end(rest);
    });
    listening.listen(0, '127.0.0.1', () => {
      listening.unref();
      const { port } = listening.address() as AddressInfo;
      const name = 'published.bin';
      resolve({ name, url: `http://127.0.0.1:${port}/${name}`, bytes: published.length, sha256: sha256(published) });
    });
  });
  return server;
}
