/** @file Unpacking what is needed of a wheel, piece by piece: its largest member does not fit into memory twice. */
import { makeLink, writePieces } from '../../../system/files/files.ts';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { EngineError, described } from '../../../core/errors.ts';
import { Progress } from '../../../system/progress.ts';
import { formatBytes } from '../../../core/units.ts';
import { ZipFile, type ZipMember } from '../../../formats/zip.ts';
import type { InstallContext } from '../context.ts';
import { fileState, type RecordedFile } from '../recorded-file.ts';
import { matchesWhole, type WheelSet } from './wheel-set.ts';

/**
 * Unpacks the wanted members of the wheels into `folder`, makes the set's links, and returns every file with its sha256.
 * @throws DataError when a wheel is damaged or the disk is full, EngineError when a member would leave the folder
 */
export async function unpackWheels(
  set: WheelSet,
  wheels: readonly string[],
  folder: string,
  context: InstallContext,
): Promise<RecordedFile[]> {
  const archives: ZipFile[] = [];
  try {
    for (const wheel of wheels) archives.push(new ZipFile(wheel));
    const wanted = archives.flatMap((archive) => wantedMembers(set, archive).map((member) => ({ archive, member })));
    const progress = new Progress(context.output, context.clock, {
      label: `unpacking ${set.title}`,
      total: wanted.reduce((sum, { member }) => sum + member.bytes, 0),
      unit: '',
      format: formatBytes,
    });
    let done = 0;
    const files: RecordedFile[] = [];
    for (const { archive, member } of wanted) {
      const path = join(folder, member.name);
      const sha256 = await unpackMember(archive, member.name, path, modeOf(set, member), (bytes) => {
        context.signal.throwIfAborted();
        progress.update((done += bytes));
      });
      files.push({ path: member.name, sha256, ...fileState(path) });
    }
    for (const [link, target] of Object.entries(set.links)) makeLink(target, join(folder, link));
    progress.finish();
    return files;
  } finally {
    for (const archive of archives) archive.close();
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

async function unpackMember(
  archive: ZipFile,
  name: string,
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
  await writePieces(path, watched(), mode);
  return hash.digest('hex');
}

function modeOf(set: WheelSet, { name }: ZipMember): number {
  return matchesWhole(set.programs, name) ? 0o755 : 0o644;
}
