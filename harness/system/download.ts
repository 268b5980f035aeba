/** @file Downloads that resume, are verified before they get their name, and say what to do by hand when there is no network. */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { sizeOf } from './files.ts';
import { openForUpdate } from './open-file.ts';
import { claimUnfinished } from './unfinished-file.ts';
import type { Clock } from '../core/clock.ts';
import { DataError, described, exitCodes, systemCode } from '../core/errors.ts';
import { sha256OfFile } from './file-hash.ts';
import { Progress, type Output } from './progress.ts';
import { formatBytes } from '../core/units.ts';

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
  /** The process's own by default. `CONSISTENCY_MIRROR`: a URL under which every file lies by its name, used in place of each file's own. */
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
 *   not have the file, when the content is not that which was published (it is removed), or when the disk is full.
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
  const stop = new AbortController();
  const idle = setTimeout(() => stop.abort(), options.idleMs ?? 30_000);
  const out = openForUpdate(part);
  try {
    const response = await fetch(address, {
      // A packed answer would be unpacked on the way: its bytes could be neither counted nor resumed.
      headers: { 'accept-encoding': 'identity', ...(have > 0 ? { range: `bytes=${have}-` } : {}) },
      signal: stop.signal,
    });
    if (response.status === 416 || (response.status === 206 && !beginsAt(response, have))) {
      out.truncate(0);
      throw new Interrupted(`no bytes from byte ${have} on`);
    }
    refuseStatus(file, address, response.status, options);
    // A server without Range sends everything again with status 200.
    if (response.status === 200) have = 0;
    out.truncate(have);
    const total = have + Number(response.headers.get('content-length') ?? NaN);
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
    for await (const piece of (response.body ?? []) as AsyncIterable<Uint8Array>) {
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
    const reason = networkReason(thrown);
    if (reason === undefined) throw thrown;
    throw new Interrupted(`no answer from ${address} (${reason})`, { cause: thrown });
  } finally {
    clearTimeout(idle);
    // An answer that was refused is not read to its end: without this its connection would keep the process alive.
    stop.abort();
    out.close();
  }
}

function beginsAt(response: Response, byte: number): boolean {
  return response.headers.get('content-range')?.startsWith(`bytes ${byte}-`) ?? false;
}

/** Why a connection failed or broke, if that is what was thrown: `fetch` wraps it into a TypeError of one of two texts. */
function networkReason(thrown: unknown): string | undefined {
  if (!(thrown instanceof TypeError) || (thrown.message !== 'fetch failed' && thrown.message !== 'terminated'))
    return undefined;
  return systemCode(thrown.cause) ?? (thrown.cause instanceof Error ? thrown.cause.message : thrown.message);
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
  return mirror ? `${mirror.replace(/\/$/, '')}/${file.name}` : file.url;
}

function mirrorOf(options: DownloadOptions): string | undefined {
  return (options.environment ?? process.env).CONSISTENCY_MIRROR;
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
