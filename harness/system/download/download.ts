/**
 * @file Downloads files, resuming partial ones and verifying them before they get their name.
 *
 * Without a network the error says what to do by hand.
 */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { sizeOf } from '../files/files.ts';
import { openForUpdate } from '../files/open-file.ts';
import { connections, failedAtProxy, proxyInWords, withoutCredentials } from './proxy.ts';
import { claimUnfinished } from './unfinished-file.ts';
import type { Clock } from '../../core/clock.ts';
import { DataError, described, exitCodes, systemCode } from '../../core/errors.ts';
import { sha256OfFile } from '../files/file-hash.ts';
import { Progress, type Output } from '../progress.ts';
import { formatBytes } from '../../core/units.ts';

export interface RemoteFile {
  /** Name in the folder, and on a mirror. */
  readonly name: string;
  readonly url: string;
  /** Size, where it is published. */
  readonly bytes?: number;
  /** 64 hex digits, where it is published; otherwise the hash of what came is returned, to be recorded. */
  readonly sha256?: string;
  /** What needs no such file, imperative, for the error when it cannot be had. */
  readonly instead?: string;
}

export interface DownloadOptions {
  readonly folder: string;
  readonly output: Output;
  readonly clock: Clock;
  /**
   * The process's own by default. `CONSISTENCY_MIRROR`: a URL under which every file lies by its name, used in place of each file's own;
   * proxies as curl, pip and npm have them (proxy.ts).
   */
  readonly environment?: NodeJS.ProcessEnv;
  /** Milliseconds before each further attempt after an interruption. */
  readonly pausesMs?: readonly number[];
  /** Milliseconds without a byte after which a connection counts as interrupted. */
  readonly idleMs?: number;
}

export interface DownloadedFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * Brings a file into the folder, or verifies the one that is there.
 *
 * What has arrived is kept when the process stops and resumed by the next (HTTP Range); several processes that want the same file make
 * one download. The file gets its name only after its size and sha256 agree.
 *
 * @throws DataError when there is no network (exit code 75; names file, size, hash, and where to put it by hand), when the server does
 *   not have the file or the proxy refuses, when the content is not that which was published (it is removed), or when the disk is full.
 */
export async function download(file: RemoteFile, options: DownloadOptions): Promise<DownloadedFile> {
  const path = join(options.folder, file.name);
  const claim = await claimUnfinished(path, {
    clock: options.clock,
    onWait: (owner) => options.output.write(`${file.name}: waiting for process ${owner}, which is downloading it\n`),
  });
  if (!claim) return verified(file, path);
  try {
    await fetchWhole(file, path, claim.path, options);
    const sha256 = await sha256OfFile(claim.path);
    const bytes = sizeOf(claim.path);
    if (file.sha256 !== undefined && sha256 !== file.sha256) {
      claim.discard();
      throw new DataError({
        where: addressOf(file, options),
        got: described(`a file with sha256 ${sha256}`),
        expected: `sha256 ${file.sha256}`,
        remedy: `The download was removed. Start again, or ${byHand(file, path)}`,
      });
    }
    claim.finish();
    return { path, bytes, sha256 };
  } catch (thrown) {
    claim.release();
    throw thrown;
  }
}

/** The connection broke, or the server asked for patience: worth another attempt. */
class Interrupted extends Error {
  readonly got: string;
  constructor(got: string, options?: ErrorOptions) {
    super(got, options);
    this.got = got;
  }
}

async function fetchWhole(file: RemoteFile, path: string, part: string, options: DownloadOptions): Promise<void> {
  const pausesMs = options.pausesMs ?? [1_000, 4_000, 15_000];
  for (let attempt = 0; ; attempt++) {
    try {
      await fetchRest(file, part, options);
      return;
    } catch (thrown) {
      if (!(thrown instanceof Interrupted)) throw thrown;
      const wait = pausesMs[attempt];
      if (wait === undefined) throw unreachable(file, path, part, options, thrown);
      options.output.write(`${file.name}: ${thrown.got}; trying again\n`);
      await pause(wait);
    }
  }
}

/** One connection: asks for what is missing and appends it. */
async function fetchRest(file: RemoteFile, part: string, options: DownloadOptions): Promise<void> {
  let have = sizeOf(part);
  if (file.bytes !== undefined && have === file.bytes) return;
  if (file.bytes !== undefined && have > file.bytes) have = 0;
  const address = addressOf(file, options);
  const environment = environmentOf(options);
  const { request } = await import('undici');
  const dispatcher = await connections(environment);
  const out = openForUpdate(part);
  const stop = new AbortController();
  const idle = setTimeout(() => stop.abort(), options.idleMs ?? 30_000);
  try {
    const { statusCode, headers, body } = await request(address, {
      // A packed answer would be unpacked on the way: its bytes could be neither counted nor resumed.
      headers: {
        'accept-encoding': 'identity',
        ...(have > 0 ? { range: `bytes=${have}-` } : {}),
        ...authorizationOf(options),
      },
      signal: stop.signal,
      dispatcher,
    });
    if (statusCode === 416 || (statusCode === 206 && !beginsAt(headers, have))) {
      out.truncate(0);
      throw new Interrupted(`no bytes from byte ${have} on`);
    }
    if (statusCode === 407) throw refusedByProxy(407, address, environment);
    refuseStatus(file, address, statusCode, options);
    // A server without Range sends everything again with status 200.
    if (statusCode === 200) have = 0;
    out.truncate(have);
    const total = have + Number(headers['content-length'] ?? NaN);
    if (file.bytes !== undefined && !Number.isNaN(total) && total !== file.bytes) {
      throw new DataError({
        where: address,
        got: described(`a file of ${total} bytes`),
        expected: `${file.bytes} bytes`,
        remedy: `Check the address, or ${byHand(file, join(options.folder, file.name))}`,
      });
    }
    const progress = new Progress(options.output, options.clock, {
      label: file.name,
      unit: '',
      format: formatBytes,
      done: have,
      ...(Number.isNaN(total) ? {} : { total }),
    });
    for await (const piece of body as AsyncIterable<Buffer>) {
      out.writeAt(have, piece);
      have += piece.length;
      progress.update(have);
      idle.refresh();
    }
    const wanted = file.bytes ?? total;
    if (have < wanted) throw new Interrupted(`a connection that ended after ${have} of ${wanted} bytes`);
    progress.finish();
  } catch (thrown) {
    if (thrown instanceof DataError || thrown instanceof Interrupted) throw thrown;
    if (stop.signal.aborted) throw new Interrupted(`no byte from ${address} for a while`, { cause: thrown });
    throw networkError(thrown, address, environment);
  } finally {
    clearTimeout(idle);
    // An answer that was refused is not read to its end: without this its connection would keep the process alive.
    stop.abort();
    await dispatcher.destroy();
    out.close();
  }
}

function beginsAt(headers: Readonly<Record<string, unknown>>, byte: number): boolean {
  return String(headers['content-range']).startsWith(`bytes ${byte}-`);
}

/** What a failed or broken connection means; an error without a code is none. */
function networkError(thrown: unknown, address: string, environment: NodeJS.ProcessEnv): unknown {
  const code = systemCode(thrown);
  if (code === undefined || !(thrown instanceof Error)) return thrown;
  const [, status] = /Proxy (?:response|Authentication Required) \((\d+)\)/.exec(thrown.message) ?? [];
  if (status !== undefined) return refusedByProxy(Number(status), address, environment);
  if (/CERT|SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)/.test(code)) return distrusted(address, code, thrown);
  const proxy = failedAtProxy(address, thrown, environment) ? proxyInWords(address, environment) : undefined;
  const far = proxy === undefined ? address : `the proxy ${proxy}`;
  const reason = code.startsWith('UND_') ? thrown.message : code;
  return new Interrupted(`no answer from ${far} (${reason})`, { cause: thrown });
}

/** Statuses of a proxy itself: where it opens no tunnel, and where it wants to know who asks. */
function refusedByProxy(status: number, address: string, environment: NodeJS.ProcessEnv): unknown {
  const proxy = proxyInWords(address, environment) ?? 'the proxy';
  if (status >= 500 || status === 408 || status === 429) return new Interrupted(`status ${status} from ${proxy}`);
  return new DataError({
    where: `proxy ${proxy}`,
    got: described(`status ${status}`),
    expected: `a connection to ${new URL(address).origin}`,
    remedy:
      status === 407
        ? 'Write user name and password into the variable (http://user:password@proxy:port)'
        : 'Ask for access to that host, or name it in NO_PROXY to connect without the proxy',
  });
}

function distrusted(address: string, code: string, cause: unknown): DataError {
  const fault = {
    where: address,
    got: described(`a certificate that is not trusted (${code})`),
    expected: 'one of a known authority',
    remedy: 'Where a proxy of yours signs for others, name the file of its certificate with NODE_EXTRA_CA_CERTS',
  };
  return new DataError(fault, { cause });
}

function refuseStatus(file: RemoteFile, address: string, status: number, options: DownloadOptions): void {
  if (status === 200 || status === 206) return;
  if (status >= 500 || status === 408 || status === 429) throw new Interrupted(`status ${status} from ${address}`);
  throw new DataError({
    where: address,
    got: described(`status ${status}`),
    expected: `the file ${file.name}${sizeAndHash(file)}`,
    remedy: capitalised(byHand(file, join(options.folder, file.name))),
  });
}

function unreachable(
  file: RemoteFile,
  path: string,
  part: string,
  options: DownloadOptions,
  cause: Interrupted,
): DataError {
  const have = sizeOf(part);
  const kept = have > 0 ? `Start again to go on from the ${formatBytes(have)} that are kept, or ` : '';
  const remedy = `${kept}${byHand(file, path)}${mirrorOf(options) ? '' : ', or name a mirror with CONSISTENCY_MIRROR'}`;
  return new DataError(
    {
      where: file.name,
      got: described(cause.got),
      expected: `to download it${sizeAndHash(file)}`,
      remedy: `${capitalised(remedy)}${file.instead ? `. ${file.instead}` : ''}`,
    },
    { cause, exitCode: exitCodes.transient },
  );
}

/** A file that was there already: put in place by hand, or finished by another process. It is never removed here. */
async function verified(file: RemoteFile, path: string): Promise<DownloadedFile> {
  const bytes = sizeOf(path);
  const remedy = 'Remove it and start again, or put the right file there';
  if (file.bytes !== undefined && bytes !== file.bytes) {
    throw new DataError({
      where: path,
      got: described(`a file of ${bytes} bytes`),
      expected: `${file.bytes} bytes`,
      remedy,
    });
  }
  const sha256 = await sha256OfFile(path);
  if (file.sha256 !== undefined && sha256 !== file.sha256) {
    throw new DataError({
      where: path,
      got: described(`a file with sha256 ${sha256}`),
      expected: `sha256 ${file.sha256}`,
      remedy,
    });
  }
  return { path, bytes, sha256 };
}

function addressOf(file: RemoteFile, options: DownloadOptions): string {
  const mirror = mirrorOf(options);
  if (!mirror) return file.url;
  const base = new URL(mirror);
  base.username = '';
  base.password = '';
  base.pathname = `${base.pathname.replace(/\/$/, '')}/${file.name}`;
  return base.href;
}

/** Requests carry no credentials in their address. */
function authorizationOf(options: DownloadOptions): { authorization?: string } {
  const mirror = mirrorOf(options);
  if (!mirror?.username) return {};
  const [user, password] = [mirror.username, mirror.password].map(decodeURIComponent);
  return { authorization: `Basic ${Buffer.from(`${user!}:${password!}`).toString('base64')}` };
}

/** @throws DataError when it is no address: no later attempt would mend that */
function mirrorOf(options: DownloadOptions): URL | undefined {
  const named = environmentOf(options).CONSISTENCY_MIRROR;
  if (!named) return undefined;
  const mirror = URL.canParse(named) ? new URL(named) : undefined;
  if (mirror && ['http:', 'https:'].includes(mirror.protocol)) return mirror;
  throw new DataError({
    where: 'CONSISTENCY_MIRROR',
    got: withoutCredentials(named),
    expected: 'an address that begins with http:// or https://',
    remedy: `Name a server, or unset it and put the files into ${options.folder} by hand`,
  });
}

function environmentOf(options: DownloadOptions): NodeJS.ProcessEnv {
  return options.environment ?? process.env;
}

function sizeAndHash(file: RemoteFile): string {
  const parts = [
    ...(file.bytes === undefined ? [] : [`${file.bytes.toLocaleString('en-US')} bytes`]),
    ...(file.sha256 === undefined ? [] : [`sha256 ${file.sha256}`]),
  ];
  return parts.length > 0 ? ` (${parts.join(', ')})` : '';
}

function byHand(file: RemoteFile, path: string): string {
  return `put ${file.name} at ${path} by hand`;
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
