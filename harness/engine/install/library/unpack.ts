/**
 * @file Unpacks the needed members of a wheel in pieces.
 *
 * Its largest member does not fit into memory twice.
 */
import { makeLink, writePieces } from '../../../system/files/files.ts';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { EngineError, described } from '../../../core/errors.ts';
import { Progress } from '../../../system/progress.ts';
import { formatBytes } from '../../../core/units.ts';
import { ZipFile, type ZipMember } from '../../../formats/zip.ts';
import type { InstallContext } from '../context.ts';
import { fileState, type RecordedFile } from '../recorded-file.ts';
import { matchesWhole, type WheelSet } from './wheel-set.ts';

/** Inflating runs on threads of libuv, of which there are four; writing and hashing take turns on one. */
const filesAtOnce = Math.min(4, availableParallelism());

/** A wheel: a file of its own, or a stretch of a bundle. */
export interface WheelPlace {
  readonly path: string;
  readonly start?: number;
  readonly bytes?: number;
}

/** How files are unpacked. */
export interface UnpackingWay {
  readonly atOnce?: number;
  readonly write?: typeof writePieces;
}

/**
 * Unpacks the wanted members of the wheels into `folder`, makes the set's links, and returns every file with its sha256.
 * @param way files that are unpacked at the same time, and the writer of each; as installed unless said otherwise
 * @throws DataError when a wheel is damaged or the disk is full, EngineError when a member would leave the folder
 */
export async function unpackWheels(
  set: WheelSet,
  wheels: readonly WheelPlace[],
  folder: string,
  context: Pick<InstallContext, 'output' | 'clock' | 'signal'>,
  { atOnce = filesAtOnce, write = writePieces }: UnpackingWay = {},
): Promise<RecordedFile[]> {
  const archives: ZipFile[] = [];
  try {
    for (const { path, start = 0, bytes } of wheels) {
      archives.push(new ZipFile(path, bytes === undefined ? undefined : { start, bytes }));
    }
    const wanted = archives.flatMap((archive) => wantedMembers(set, archive).map((member) => ({ archive, member })));
    const progress = new Progress(context.output, context.clock, {
      label: `unpacking ${set.title}`,
      total: wanted.reduce((sum, { member }) => sum + member.bytes, 0),
      unit: '',
      format: formatBytes,
    });
    let done = 0;
    const files = await largestFirst(wanted, atOnce, async ({ archive, member }, signal) => {
      const path = join(folder, member.name);
      const sha256 = await unpackMember(archive, member.name, write, path, modeOf(set, member), (bytes) => {
        context.signal.throwIfAborted();
        signal.throwIfAborted();
        progress.update((done += bytes));
      });
      return { path: member.name, sha256, ...fileState(path) };
    });
    for (const [link, target] of Object.entries(set.links)) makeLink(target, join(folder, link));
    progress.finish();
    return files;
  } finally {
    for (const archive of archives) archive.close();
  }
}

/**
 * Does `work` for every member, `atOnce` at a time, the largest first, so that the longest does not begin last.
 * @returns the results in the order of the members
 * @throws what the first failed work threw, after the others have stopped
 */
async function largestFirst<T extends { readonly member: ZipMember }, R>(
  members: readonly T[],
  atOnce: number,
  work: (one: T, signal: AbortSignal) => Promise<R>,
): Promise<R[]> {
  const waiting = members.map((one, place) => ({ one, place })).sort((a, b) => b.one.member.bytes - a.one.member.bytes);
  const results: R[] = [];
  const stop = new AbortController();
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next && !stop.signal.aborted; next = waiting.shift()) {
      try {
        results[next.place] = await work(next.one, stop.signal);
      } catch (thrown) {
        stop.abort(thrown);
        throw thrown;
      }
    }
  };
  // All have ended before the first failure is passed on: nothing may still write into the folder when it is removed.
  const ends = await Promise.allSettled(Array.from({ length: atOnce }, worker));
  if (ends.some(({ status }) => status === 'rejected')) throw stop.signal.reason;
  return results;
}

function wantedMembers(set: WheelSet, archive: ZipFile): ZipMember[] {
  return [...archive.members.values()].filter((member) => {
    if (member.name.endsWith('/') || !matchesWhole(set.wanted, member.name)) return false;
    if (!member.name.split('/').includes('..')) return true;
    throw new EngineError({
      where: archive.path,
      got: described(`a member "${member.name}"`),
      expected: 'names that stay in the folder',
      remedy: 'Do not use this file: remove it',
    });
  });
}

async function unpackMember(
  archive: ZipFile,
  name: string,
  write: typeof writePieces,
  path: string,
  mode: number,
  onBytes: (bytes: number) => void,
): Promise<string> {
  const hash = createHash('sha256');
  const watched = async function* (): AsyncGenerator<Uint8Array, void> {
    for await (const piece of archive.stream(name)) {
      onBytes(piece.length);
      hash.update(piece);
      yield piece;
    }
  };
  await write(path, watched(), mode);
  return hash.digest('hex');
}

function modeOf(set: WheelSet, { name }: ZipMember): number {
  return matchesWhole(set.programs, name) ? 0o755 : 0o644;
}
