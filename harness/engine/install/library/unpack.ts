/**
 * @file Unpacks the needed members of a wheel in pieces.
 *
 * Its largest member does not fit into memory twice.
 */
import { makeLink, writePieces } from '../../../system/files/files.ts';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { EngineError, described } from '../../../core/errors.ts';
import { Progress } from '../../../system/progress.ts';
import { formatBytes } from '../../../core/units.ts';
import { ZipFile, type ZipMember } from '../../../formats/zip.ts';
import type { InstallContext } from '../context.ts';
import { fileState, type RecordedFile } from '../recorded-file.ts';
import { recordedHashes } from './wheel-record.ts';
import { matchesWhole, type WheelSet } from './wheel-set.ts';

/** Inflating, reading and writing run on the four threads of libuv: with fewer files they wait for each other, also on two cores. */
const filesAtOnce = 4;

/** A wheel: a file of its own, or a stretch of a bundle. */
export interface WheelPlace {
  readonly path: string;
  readonly start?: number;
  readonly bytes?: number;
  /** Compares it with its hash; absent where that was done. @throws DataError when it is another one */
  readonly verify?: (signal: AbortSignal) => Promise<void>;
}

/** How files are unpacked. */
export interface UnpackingWay {
  readonly atOnce?: number;
  readonly write?: typeof writePieces;
  /** The sha256 of members that are known before they are unpacked; the others are hashed. */
  readonly knownHashes?: typeof recordedHashes;
}

/**
 * Unpacks the wanted members of the wheels into `folder`, makes the set's links, and returns every file with its sha256, which the wheel has of it.
 *
 * A wheel is unpacked once it is verified, while the next one still is: hashing keeps one processor busy, inflating the others.
 * @param way files that are unpacked at the same time, the writer of each, and where hashes are from; as installed unless said otherwise
 * @throws DataError when a wheel is damaged or the disk is full, EngineError when a member would leave the folder
 */
export async function unpackWheels(
  set: WheelSet,
  wheels: readonly WheelPlace[],
  folder: string,
  context: Pick<InstallContext, 'output' | 'clock' | 'signal'>,
  { atOnce = filesAtOnce, write = writePieces, knownHashes = recordedHashes }: UnpackingWay = {},
): Promise<RecordedFile[]> {
  const archives: ZipFile[] = [];
  const progress = new Progress(context.output, context.clock, {
    label: `unpacking ${set.title}`,
    total: set.unpackedBytes,
    unit: '',
    format: formatBytes,
  });
  let done = 0;
  const queue = new LargestFirst();
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, context.signal]);
  const found: RecordedFile[][] = wheels.map(() => []);
  const open = async (): Promise<void> => {
    for (const at of largestFirst(wheels)) {
      const wheel = wheels[at]!;
      await wheel.verify?.(signal);
      signal.throwIfAborted();
      const { path, start = 0, bytes } = wheel;
      const archive = new ZipFile(path, bytes === undefined ? undefined : { start, bytes });
      archives.push(archive);
      const known = knownHashes(archive);
      for (const [place, member] of wantedMembers(set, archive).entries())
        queue.add({ archive, member, at, place, sha256: known.get(member.name) });
    }
    queue.end();
  };
  const unpack = async (): Promise<void> => {
    for (let next = await queue.next(); next && !signal.aborted; next = await queue.next()) {
      const { archive, member, at, place, sha256: known } = next;
      const path = join(folder, member.name);
      const hash = known === undefined ? createHash('sha256') : null;
      const pieces = watched(archive.stream(member.name), (piece) => {
        signal.throwIfAborted();
        hash?.update(piece);
        progress.update((done += piece.length));
      });
      await write(path, pieces, modeOf(set, member));
      found[at]![place] = { path: member.name, sha256: known ?? hash!.digest('hex'), ...fileState(path) };
    }
  };
  const stopping = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (thrown) {
      stop.abort(thrown);
      queue.end();
      throw thrown;
    }
  };
  try {
    // All have ended before the first failure is passed on: nothing may still write into the folder when it is removed.
    await Promise.allSettled([open, ...Array.from({ length: atOnce }, () => unpack)].map(stopping));
    signal.throwIfAborted();
  } finally {
    for (const archive of archives) archive.close();
  }
  for (const [link, target] of Object.entries(set.links)) makeLink(target, join(folder, link));
  progress.finish();
  return found.flat();
}

/** Places of the wheels, the largest first: the longest work should not begin last. */
function largestFirst(wheels: readonly WheelPlace[]): number[] {
  return [...wheels.keys()].sort((a, b) => (wheels[b]!.bytes ?? 0) - (wheels[a]!.bytes ?? 0));
}

/** A member to unpack, with its place among the members that are wanted of its wheel, and the wheel's among the wheels. */
interface Wanted {
  readonly archive: ZipFile;
  readonly member: ZipMember;
  readonly at: number;
  readonly place: number;
  /** Undefined where the wheel does not say. */
  readonly sha256: string | undefined;
}

/** Members that wait to be unpacked; the largest comes first, so that the longest does not begin last. */
class LargestFirst {
  private readonly waiting: Wanted[] = [];
  private readonly idle: (() => void)[] = [];
  private ended = false;

  add(one: Wanted): void {
    this.waiting.push(one);
    this.waiting.sort((a, b) => a.member.bytes - b.member.bytes);
    this.idle.shift()?.();
  }

  /** Nothing will be added. */
  end(): void {
    this.ended = true;
    for (const wake of this.idle.splice(0)) wake();
  }

  /** @returns undefined when nothing waits and nothing will be added */
  async next(): Promise<Wanted | undefined> {
    while (this.waiting.length === 0 && !this.ended) await new Promise<void>((wake) => this.idle.push(wake));
    return this.waiting.pop();
  }
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

async function* watched(
  pieces: AsyncIterable<Uint8Array>,
  onPiece: (piece: Uint8Array) => void,
): AsyncGenerator<Uint8Array, void> {
  for await (const piece of pieces) {
    onPiece(piece);
    yield piece;
  }
}

function modeOf(set: WheelSet, { name }: ZipMember): number {
  return matchesWhole(set.programs, name) ? 0o755 : 0o644;
}
