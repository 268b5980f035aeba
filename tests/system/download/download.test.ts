/** @file Downloads against a real server that answers well, badly, slowly and not at all. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../harness/core/clock.ts';
import { download, type DownloadOptions, type RemoteFile } from '../../../harness/system/download/download.ts';
import { DataError } from '../../../harness/core/errors.ts';
import { sha256 } from '../../../harness/core/hash.ts';
import { interfere } from '../../../harness/system/disk.ts';
import { silence } from '../../../harness/system/progress.ts';

const content = Buffer.from(Uint8Array.from({ length: 300_000 }, (_, i) => (i * 2654435761) >>> 24));
const digest = sha256(content);

/** How the server answers the next requests, in order; the last one stays. */
type Answer = (request: IncomingMessage, response: ServerResponse) => void;

let server: Server;
let answers: Answer[];
let requests: { path: string; range: string | undefined }[];
let folder: string;
let base: string;

beforeAll(async () => {
  server = createServer((request, response) => {
    requests.push({ path: request.url ?? '', range: request.headers.range });
    const answer = answers.length > 1 ? answers.shift()! : answers[0]!;
    answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  requests = [];
  answers = [whole];
  folder = mkdtempSync(join(tmpdir(), 'download-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A server with Range. */
const whole: Answer = (request, response) => {
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  if (start >= content.length) return void response.writeHead(416).end();
  const rest = content.subarray(start);
  const range = start > 0 ? { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` } : {};
  response.writeHead(start > 0 ? 206 : 200, { 'content-length': rest.length, ...range }).end(rest);
};

/** Promises everything from `start` on and breaks the connection after some bytes. */
const broken =
  (bytes: number): Answer =>
  (request, response) => {
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const range = start > 0 ? { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` } : {};
    response.writeHead(start > 0 ? 206 : 200, { 'content-length': content.length - start, ...range });
    response.write(content.subarray(start, start + bytes), () => setTimeout(() => response.destroy(), 50));
  };

const withoutRange: Answer = (_, response) =>
  void response.writeHead(200, { 'content-length': content.length }).end(content);

const status =
  (code: number): Answer =>
  (_, response) =>
    void response.writeHead(code).end('no');

const file = (changes: Partial<RemoteFile> = {}): RemoteFile => ({
  name: 'data.bin',
  url: `${base}/far/data.bin`,
  bytes: content.length,
  sha256: digest,
  ...changes,
});
const options = (changes: Partial<DownloadOptions> = {}): DownloadOptions => ({
  folder,
  output: silence,
  clock: systemClock,
  environment: {},
  pausesMs: [],
  ...changes,
});
const path = (): string => join(folder, 'data.bin');
const refusal = async (work: Promise<unknown>): Promise<DataError> => {
  const thrown: unknown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(DataError);
  return thrown as DataError;
};

describe('a file that can be had', () => {
  test('arrives under its name, verified, with nothing beside it', async () => {
    expect(await download(file(), options())).toEqual({ path: path(), bytes: content.length, sha256: digest });
    expect(readFileSync(path()).equals(content)).toBe(true);
    expect(readdirSync(folder)).toEqual(['data.bin']);
  });

  test('is followed to where it has moved', async () => {
    const moved: Answer = (_, response) => void response.writeHead(302, { location: `${base}/moved/data.bin` }).end();
    answers = [moved, whole];
    expect((await download(file(), options())).sha256).toBe(digest);
    expect(requests.map((one) => one.path)).toEqual(['/far/data.bin', '/moved/data.bin']);
  });

  test('is not asked for again', async () => {
    await download(file(), options());
    await download(file(), options());
    expect(requests).toHaveLength(1);
  });

  test('without a published hash tells the hash that came', async () => {
    const { name, url } = file();
    expect(await download({ name, url }, options())).toMatchObject({ sha256: digest, bytes: content.length });
  });

  test('comes from the mirror that the environment names', async () => {
    await download(
      file({ url: 'http://127.0.0.1:9/none' }),
      options({ environment: { CONSISTENCY_MIRROR: `${base}/mirror/` } }),
    );
    expect(requests[0]!.path).toBe('/mirror/data.bin');
  });

  test('shows how much has come, and how fast', async () => {
    const shown: string[] = [];
    let now = 0;
    const clock = { now: () => (now += 300), date: () => new Date() };
    await download(file(), options({ clock, output: { write: (text) => shown.push(text), isTerminal: true } }));
    expect(shown[0]).toMatch(/data\.bin: [\d.]+ KiB of 293 KiB, [\d.]+ [KM]iB\/s/);
    expect(shown.at(-1)).toMatch(/data\.bin: 293 KiB of 293 KiB in [\d.]+ s\n$/);
  });
});

describe('interruptions', () => {
  test('a broken connection is resumed where it broke', async () => {
    answers = [broken(100_000), broken(50_000), whole];
    await download(file(), options({ pausesMs: [0, 0] }));
    expect(readFileSync(path()).equals(content)).toBe(true);
    expect(requests.map(({ range }) => range)).toEqual([undefined, 'bytes=100000-', 'bytes=150000-']);
  });

  test('what has come is kept when all attempts fail, said, and resumed by the next call', async () => {
    answers = [broken(100_000)];
    const { message, exitCode } = await refusal(download(file(), options()));
    // The name of a broken connection is the network library's.
    expect(message.replace(/\([\w ]+\)/, '(REASON)')).toBe(
      `data.bin: got no answer from ${base}/far/data.bin (REASON), expected to download it (300,000 bytes, sha256 ${digest}). ` +
        `Start again to go on from the 97.7 KiB that are kept, or put data.bin at ${path()} by hand, or name a mirror with CONSISTENCY_MIRROR.`,
    );
    expect(exitCode).toBe(75);
    expect(readdirSync(folder)).toEqual(['data.bin.part']);
    answers = [whole];
    await download(file(), options());
    expect(requests.at(-1)!.range).toBe('bytes=100000-');
    expect(readFileSync(path()).equals(content)).toBe(true);
  });

  test('a server without Range starts from the beginning', async () => {
    answers = [broken(100_000), withoutRange];
    await download(file(), options({ pausesMs: [0] }));
    expect(readFileSync(path()).equals(content)).toBe(true);
  });

  test('a range that begins elsewhere than asked is not trusted', async () => {
    const shifted: Answer = (_, response) =>
      void response
        .writeHead(206, { 'content-range': `bytes 5-${content.length - 1}/${content.length}` })
        .end(content.subarray(5));
    answers = [broken(100_000), shifted, whole];
    await download(file(), options({ pausesMs: [0, 0] }));
    expect(readFileSync(path()).equals(content)).toBe(true);
  });

  test('a silent connection is given up', async () => {
    answers = [(_, response) => void response.writeHead(200, { 'content-length': content.length }).write('x')];
    const { message } = await refusal(download(file(), options({ idleMs: 100 })));
    expect(message).toContain(`data.bin: got no byte from ${base}/far/data.bin for a while, expected to download it`);
  });

  test('a server that is busy is asked again', async () => {
    answers = [status(503), whole];
    await download(file(), options({ pausesMs: [0] }));
    expect(requests).toHaveLength(2);
  });
});

describe('refusals', () => {
  test('a disk that refuses the unfinished file ends the process as well: no timer goes on', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((one) => one === 'Timeout').length;
    const before = timers();
    interfere(({ place, operation, args, proceed }) => {
      if (place !== 'files/open-file' || operation !== 'openSync' || args[1] !== 'r+') return proceed();
      throw Object.assign(new Error('EIO: i/o error'), { code: 'EIO' });
    });
    try {
      expect(await refusal(download(file(), options()))).toBeInstanceOf(DataError);
    } finally {
      interfere(null);
    }
    expect(timers()).toBe(before);
  });

  test('no network: the file, its size and hash, where to put it, and what needs nothing', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const url = `http://127.0.0.1:${(closed.address() as AddressInfo).port}/data.bin`;
    await new Promise((done) => closed.close(done));
    const instead = '"npm run reproduce shapes" needs no download';
    const { message } = await refusal(download(file({ url, instead }), options()));
    expect(message).toBe(
      `data.bin: got no answer from ${url} (ECONNREFUSED), expected to download it (300,000 bytes, sha256 ${digest}). ` +
        `Put data.bin at ${path()} by hand, or name a mirror with CONSISTENCY_MIRROR. ${instead}.`,
    );
  });

  test('the wrong content names both hashes and is removed', async () => {
    answers = [(_, response) => void response.writeHead(200, { 'content-length': 300_000 }).end(Buffer.alloc(300_000))];
    const { message } = await refusal(download(file(), options()));
    expect(message).toBe(
      `${base}/far/data.bin: got a file with sha256 ${sha256(Buffer.alloc(300_000))}, expected sha256 ${digest}. ` +
        `The download was removed. Start again, or put data.bin at ${path()} by hand.`,
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  test('the wrong size is refused before it is fetched', async () => {
    answers = [(_, response) => void response.writeHead(200, { 'content-length': 12 }).end('a login page')];
    const { message } = await refusal(download(file(), options()));
    expect(message).toBe(
      `${base}/far/data.bin: got a file of 12 bytes, expected 300000 bytes. Check the address, or put data.bin at ${path()} by hand.`,
    );
  });

  test('404 is not asked again', async () => {
    answers = [status(404)];
    const { message, exitCode } = await refusal(download(file(), options({ pausesMs: [0, 0] })));
    expect(message).toBe(
      `${base}/far/data.bin: got status 404, expected the file data.bin (300,000 bytes, sha256 ${digest}). Put data.bin at ${path()} by hand.`,
    );
    expect(exitCode).toBe(65);
    expect(requests).toHaveLength(1);
  });

  test('a file that lies there already and is another is named, and left alone', async () => {
    writeFileSync(path(), Buffer.alloc(300_000));
    const { message } = await refusal(download(file(), options()));
    expect(message).toBe(
      `${path()}: got a file with sha256 ${sha256(Buffer.alloc(300_000))}, expected sha256 ${digest}. Remove it and start again, or put the right file there.`,
    );
    expect(existsSync(path())).toBe(true);
    writeFileSync(path(), 'short');
    expect((await refusal(download(file(), options()))).message).toContain(
      'got a file of 5 bytes, expected 300000 bytes',
    );
  });
});

describe('several processes', () => {
  const start = (): ChildProcess =>
    spawn(
      process.execPath,
      [
        '--import',
        'tsx',
        'tests/system/processes/download.ts',
        folder,
        `${base}/far/data.bin`,
        String(content.length),
        digest,
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
  const ended = async (child: ChildProcess): Promise<string> => {
    let said = '';
    child.stderr!.on('data', (text: Buffer) => (said += text.toString()));
    const [code] = (await once(child, 'close')) as [number | null];
    expect(code, said).toBe(0);
    return said;
  };
  test('that want one file make one download; the others say that they wait', async () => {
    // The server answers only once the second process has said that it waits, however long that takes to start.
    let answer = (): void => undefined;
    answers = [(request, response) => void (answer = () => whole(request, response))];
    const first = start();
    while (requests.length === 0) await pause(20);
    const second = start();
    second.stderr!.once('data', () => answer());
    const said = await Promise.all([ended(first), ended(second)]);
    expect(said[1]).toMatch(/data\.bin: waiting for process \d+ on \S+, which is downloading it/);
    expect(requests).toHaveLength(1);
    expect(readFileSync(path()).equals(content)).toBe(true);
  });

  test('what a killed process left is resumed', async () => {
    answers = [
      (_, response) => {
        response.writeHead(200, { 'content-length': content.length }).write(content.subarray(0, 123_456));
      },
      whole,
    ];
    const child = start();
    while (!readdirSync(folder).some((name) => statSync(join(folder, name)).size === 123_456)) await pause(20);
    child.kill('SIGKILL');
    await once(child, 'close');
    const left = readdirSync(folder).sort();
    expect(left[0]).toBe('data.bin.lock');
    expect(left[1]).toMatch(/^data\.bin\.part-.+-\d+$/);
    await download(file(), options());
    expect(requests.at(-1)!.range).toBe('bytes=123456-');
    expect(readFileSync(path()).equals(content)).toBe(true);
    expect(readdirSync(folder)).toEqual(['data.bin']);
  });

  test('what a process left that nobody knows of is resumed, whatever its process number', async () => {
    // Process 1 always exists.
    const left = join(folder, 'data.bin.part-elsewhere-1');
    writeFileSync(left, content.subarray(0, 1000));
    await download(file(), options());
    expect(requests[0]!.range).toBe('bytes=1000-');
    expect(readdirSync(folder)).toEqual(['data.bin']);
  });
});
