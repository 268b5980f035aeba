/** @file Where the graph comes from: files of one's own, and an archive that is downloaded once and pinned. */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../../harness/core/clock.ts';
import { silence } from '../../../../harness/system/progress.ts';
import { fetchPublishedGraph, readGraph } from '../../../../harness/metrics/features/inception/weights.ts';

let folder: string;
let server: Server;
let served: Buffer;
let requests = 0;

beforeAll(async () => {
  server = createServer((_request, response) => {
    requests += 1;
    response.writeHead(200, { 'content-length': served.length }).end(served);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weights-'));
  requests = 0;
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A gzipped tar archive of one file. */
function archiveOf(name: string, body: string): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write('0000644\0', 100);
  header.write(`${body.length.toString(8).padStart(11, '0')}\0`, 124);
  header.write('0', 156);
  header.write('ustar\x0000', 257);
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  const data = Buffer.alloc(Math.ceil(body.length / 512) * 512);
  data.write(body);
  return gzipSync(Buffer.concat([header, data, Buffer.alloc(1024)]));
}

const options = () => ({
  output: silence,
  clock: systemClock,
  environment: {
    CONSISTENCY_CACHE: folder,
    CONSISTENCY_MIRROR: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  },
});

describe('readGraph', () => {
  it('reads a graph alone and a graph inside the archive', async () => {
    const [alone, inside] = [join(folder, 'graph.pb'), join(folder, 'inception.tgz')];
    writeFileSync(alone, 'graph');
    writeFileSync(inside, archiveOf('./classify_image_graph_def.pb', 'graph'));
    expect(Buffer.from((await readGraph(alone)).bytes).toString()).toBe('graph');
    const archived = await readGraph(inside);
    expect(Buffer.from(archived.bytes).toString()).toBe('graph');
    expect(archived.where).toBe(`${inside}, classify_image_graph_def.pb`);
  });

  it('names what is missing', async () => {
    const other = join(folder, 'other.tgz');
    writeFileSync(other, archiveOf('LICENSE', 'text'));
    await expect(readGraph(other)).rejects.toThrow(
      `${other}: got an archive without it, expected classify_image_graph_def.pb inside the archive. Use inception-2015-12-05.tgz.`,
    );
    await expect(readGraph(join(folder, 'none.pb'))).rejects.toThrow(
      `${join(folder, 'none.pb')}: got no file of that name, expected classify_image_graph_def.pb, or an archive that holds it. Check the path.`,
    );
  });
});

describe('fetchPublishedGraph', () => {
  it('downloads once, then uses what is there', async () => {
    served = archiveOf('classify_image_graph_def.pb', 'first');
    expect(Buffer.from((await fetchPublishedGraph(options())).bytes).toString()).toBe('first');
    await fetchPublishedGraph(options());
    expect(requests).toBe(1);
  });

  it('accepts nothing but what it saw first', async () => {
    served = archiveOf('classify_image_graph_def.pb', 'first');
    await fetchPublishedGraph(options());
    rmSync(join(folder, 'inception', 'inception-2015-12-05.tgz'));
    served = archiveOf('classify_image_graph_def.pb', 'other');
    await expect(fetchPublishedGraph(options())).rejects.toThrow(
      /got a file with sha256 [0-9a-f]{64}, expected sha256/,
    );
  });

  it('pins nothing that holds no graph', async () => {
    served = archiveOf('LICENSE', 'text');
    await expect(fetchPublishedGraph(options())).rejects.toThrow('got an archive without it');
    rmSync(join(folder, 'inception', 'inception-2015-12-05.tgz'));
    served = archiveOf('classify_image_graph_def.pb', 'right');
    expect(Buffer.from((await fetchPublishedGraph(options())).bytes).toString()).toBe('right');
  });
});
