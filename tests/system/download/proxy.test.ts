/** @file Downloads go through the proxy that the environment names, with its credentials, and say when it is the one that fails. */
import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, request as ask, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../harness/core/clock.ts';
import { DataError } from '../../../harness/core/errors.ts';
import { silence } from '../../../harness/system/progress.ts';
import { download } from '../../../harness/system/download/download.ts';
import { withNpmProxy, withoutCredentials } from '../../../harness/system/download/proxy.ts';

const content = 'what was asked for';
let far: Server;
let proxy: Server;
let folder: string;
/** What the proxy was asked: `GET http://...` or `CONNECT host:port`, and the credentials that came along. */
let asked: { readonly line: string; readonly credentials: string | undefined }[];
/** The status with which the proxy refuses; 200: it forwards. */
let answer: number;
const sockets = new Set<Socket>();

const portOf = (server: { address(): string | AddressInfo | null }): number => (server.address() as AddressInfo).port;
const farAddress = (): string => `http://127.0.0.1:${portOf(far)}/far/data.bin`;
const proxyAddress = (credentials = ''): string => `http://${credentials}127.0.0.1:${portOf(proxy)}`;

beforeAll(async () => {
  far = createServer((_, response) => void response.end(content)).listen(0, '127.0.0.1');
  proxy = createServer((request, response) => {
    asked.push({ line: `GET ${request.url!}`, credentials: request.headers['proxy-authorization'] });
    if (answer !== 200) return void response.writeHead(answer).end();
    ask(request.url!, (found) => found.pipe(response.writeHead(found.statusCode!, found.headers))).end();
  });
  proxy.on('connect', (request, socket: Socket) => {
    asked.push({ line: `CONNECT ${request.url!}`, credentials: request.headers['proxy-authorization'] });
    sockets.add(socket);
    if (answer !== 200) return void socket.end(`HTTP/1.1 ${answer} Refused\r\n\r\n`);
    const [host, port] = request.url!.split(':');
    const tunnel = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connected\r\n\r\n');
      tunnel.pipe(socket).pipe(tunnel);
    });
    for (const end of [tunnel, socket]) end.on('error', () => undefined);
    sockets.add(tunnel);
  });
  proxy.listen(0, '127.0.0.1');
  await Promise.all([far, proxy].filter((server) => !server.listening).map((server) => once(server, 'listening')));
});
afterAll(() => {
  for (const socket of sockets) socket.destroy();
  for (const server of [far, proxy]) server.close();
});
beforeEach(() => {
  asked = [];
  answer = 200;
  folder = mkdtempSync(join(tmpdir(), 'proxy-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function fetched(environment: NodeJS.ProcessEnv, url = farAddress()): ReturnType<typeof download> {
  return download(
    { name: 'data.bin', url },
    { folder, output: silence, clock: systemClock, environment, pausesMs: [] },
  );
}

async function refusal(environment: NodeJS.ProcessEnv, url?: string): Promise<DataError> {
  const thrown: unknown = await fetched(environment, url).catch((error: unknown) => error);
  expect(thrown).toBeInstanceOf(DataError);
  return thrown as DataError;
}

describe('a proxy', () => {
  it.each(['http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY', 'npm_config_proxy'])(
    'named by %s is handed the plain request whole',
    async (name) => {
      const { path } = await fetched({ [name]: proxyAddress() });
      expect(readFileSync(path, 'utf8')).toBe(content);
      expect(asked).toEqual([{ line: `GET ${farAddress()}`, credentials: undefined }]);
    },
  );

  it.each(['https_proxy', 'HTTPS_PROXY', 'ALL_PROXY', 'npm_config_https_proxy', 'npm_config_proxy'])(
    'named by %s opens a tunnel for a secure address',
    async (name) => {
      answer = 403;
      const error = await refusal({ [name]: proxyAddress() }, 'https://far.example/data.bin');
      expect(asked.map(({ line }) => line)).toEqual(['CONNECT far.example:443']);
      expect(error.message).toBe(
        `proxy ${proxyAddress()} (of ${name}): got status 403, expected a connection to https://far.example. Ask for access to that host, or name it in NO_PROXY to connect without the proxy.`,
      );
      expect(error.exitCode).toBe(65);
    },
  );

  it('is written without http:// too, and given the credentials of its address', async () => {
    await fetched({ http_proxy: `user:pass%40word@127.0.0.1:${portOf(proxy)}` });
    rmSync(join(folder, 'data.bin'));
    answer = 403;
    await refusal({ https_proxy: proxyAddress('user:pass%40word@') }, 'https://far.example/data.bin');
    const credentials = `Basic ${Buffer.from('user:pass@word').toString('base64')}`;
    expect(asked.map((one) => one.credentials)).toEqual([credentials, credentials]);
  });

  it('serves a mirror too, whose own credentials go to the mirror alone', async () => {
    const mirror = `http://reader:secret@127.0.0.1:${portOf(far)}/mirror`;
    await fetched({ http_proxy: proxyAddress(), CONSISTENCY_MIRROR: mirror });
    expect(asked).toEqual([{ line: `GET http://127.0.0.1:${portOf(far)}/mirror/data.bin`, credentials: undefined }]);
  });

  it.each(['no_proxy', 'NO_PROXY', 'npm_config_noproxy'])('is passed by for the hosts of %s', async (name) => {
    for (const hosts of ['127.0.0.1', 'example.org, 127.0.0.1', `127.0.0.1:${portOf(far)}`, '*', 'localhost,*']) {
      await fetched({ http_proxy: proxyAddress(), [name]: hosts });
      rmSync(join(folder, 'data.bin'));
    }
    expect(asked).toEqual([]);
    await fetched({ http_proxy: proxyAddress(), [name]: 'example.org' });
    expect(asked).toHaveLength(1);
  });

  it.each(['', 'null'])('is none where the nearest variable holds %j', async (value) => {
    await fetched({ http_proxy: value, HTTP_PROXY: proxyAddress() });
    expect(asked).toEqual([]);
  });
});

describe('the message', () => {
  it.each(['http', 'https'])('for a proxy that wants to know who asks (%s) says where credentials go', async (kind) => {
    answer = 407;
    const url = kind === 'http' ? farAddress() : 'https://far.example/data.bin';
    const error = await refusal({ [`${kind}_proxy`]: proxyAddress('user:secret@') }, url);
    expect(error.message).toBe(
      `proxy ${proxyAddress()} (of ${kind}_proxy): got status 407, expected a connection to ${new URL(url).origin}. Write user name and password into the variable (http://user:password@proxy:port).`,
    );
    expect(error.exitCode).toBe(65);
  });

  it.each(['http', 'https'])('for a proxy that cannot be reached (%s) names it, without credentials', async (kind) => {
    const url = kind === 'http' ? farAddress() : 'https://far.example/data.bin';
    const error = await refusal({ [`${kind}_proxy`]: 'http://user:secret@127.0.0.1:9' }, url);
    expect(error.message).toContain(
      `got no answer from the proxy http://127.0.0.1:9 (of ${kind}_proxy) (ECONNREFUSED), expected to download it.`,
    );
    expect(error.message).not.toContain('secret');
    expect(error.exitCode).toBe(75);
  });

  it('for a proxy that is down for the moment counts as passing', async () => {
    answer = 503;
    const error = await refusal({ https_proxy: proxyAddress() }, 'https://far.example/data.bin');
    expect(error.message).toContain(`got status 503 from ${proxyAddress()} (of https_proxy)`);
    expect(error.exitCode).toBe(75);
  });

  it.each(['socks5://user:secret@127.0.0.1:1080', 'http://', '/etc/proxy'])('refuses %s as a proxy', async (value) => {
    const error = await refusal({ all_proxy: value });
    expect(error.message).toMatch(/^all_proxy: got ".+", expected the address of a proxy that speaks HTTP, such as /);
    expect(error.message).not.toContain('secret');
    expect(error.exitCode).toBe(65);
  });
});

describe('a mirror that is no address', () => {
  it.each(['/data/mirror', 'mirror', 'file:///data/mirror', 'ftp://user:secret@mirror'])(
    '(%s) is refused for good',
    async (value) => {
      const error = await refusal({ CONSISTENCY_MIRROR: value });
      expect(error.message).toMatch(
        /^CONSISTENCY_MIRROR: got ".+", expected an address that begins with http:\/\/ or https:\/\/\. Name a server, or unset it and put the files into .+ by hand\.$/,
      );
      expect(error.message).not.toContain('secret');
      expect(error.exitCode).toBe(65);
    },
  );
});

it.skipIf(spawnSync('openssl', ['version']).status !== 0)(
  'a certificate that is not trusted is named with the variable for those of a company, through a tunnel too',
  async () => {
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'];
    execFileSync('openssl', [...request, '-keyout', key, '-out', cert], { stdio: 'ignore' });
    const secure = createSecureServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_, response) =>
      response.end(content),
    ).listen(0, '127.0.0.1');
    await once(secure, 'listening');
    const address = `https://127.0.0.1:${portOf(secure)}/data.bin`;
    for (const environment of [{}, { https_proxy: proxyAddress() }]) {
      const error = await refusal(environment, address);
      expect(error.message).toMatch(
        /^https:.*: got a certificate that is not trusted \(\w+\), expected one of a known authority\..* with NODE_EXTRA_CA_CERTS\.$/,
      );
      expect(error.exitCode).toBe(65);
    }
    expect(asked).toEqual([{ line: `CONNECT 127.0.0.1:${portOf(secure)}`, credentials: undefined }]);
    secure.close();
  },
);

describe('what pip is given', () => {
  it('is what it finds itself; the settings of npm where there is nothing else', () => {
    const own = { https_proxy: 'http://own:1', npm_config_proxy: 'http://npm:1' };
    expect(withNpmProxy(own)).toBe(own);
    const npm = { npm_config_https_proxy: 'http://npm:2', npm_config_noproxy: 'intern.example' };
    expect(withNpmProxy(npm)).toEqual({ ...npm, https_proxy: 'http://npm:2/', no_proxy: 'intern.example' });
    expect(withNpmProxy({ npm_config_noproxy: '' })).toEqual({ npm_config_noproxy: '' });
  });

  it('shows no credentials in what it says', () => {
    expect(withoutCredentials("Cannot connect to proxy 'http://me:secret@proxy:3128/' for https://a.example/x")).toBe(
      "Cannot connect to proxy 'http://proxy:3128/' for https://a.example/x",
    );
  });
});
