/**
 * @file Remembers the sha256 of many files in one ledger; rereads only new or changed files.
 *
 * A file is taken for unchanged while its path, size, time of change and time of its inode (ctime, which no program can set back) are what
 * they were when it was read. Where a file system keeps no such time, content that changes with equal size and equal time of change is not
 * noticed. A file that was touched in the last seconds before it was read is read again next time: it could change once more within the
 * same tick of the file system's clock (the "racy" entries of git's index).
 */
import { diskOf } from '../disk.ts';
import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import { DataError, described, systemCode } from '../../core/errors.ts';
import { asWriteError } from './system-error.ts';

const { appendFileSync, mkdirSync, readFile, readFileSync, rmSync, statSync } = diskOf('files/content-ledger');

/** Leading bytes of the sha256 of path, size and times; then the sha256 of the contents. */
const stampBytes = 16;
const entryBytes = stampBytes + 32;
/** Files that are read at the same time. */
const ahead = 8;
/** FAT keeps times to two seconds, other file systems to milliseconds. */
const tickMs = 2_000;
const entriesPerWrite = 4_096;

export interface FileContents {
  /** Hexadecimal digits. */
  readonly sha256: string;
  readonly bytes: number;
}

export class ContentLedger {
  private readonly path: string;
  private readonly clock: Clock;
  private readonly known: Map<string, Buffer>;
  private unwritten: Buffer[] = [];

  /** @param path of the ledger's own file; it need not exist, and one that was cut short is begun anew */
  constructor(path: string, clock: Clock) {
    this.path = path;
    this.clock = clock;
    this.known = entriesOf(path);
  }

  /**
   * The contents of each file, in order.
   * @param expected what the files should be, for errors
   * @param onFile told how many are done
   * @throws DataError naming the first file that cannot be read
   */
  async contents(paths: readonly string[], expected: string, onFile: (done: number) => void): Promise<FileContents[]> {
    const contents: FileContents[] = [];
    try {
      for (let first = 0; first < paths.length; first += ahead) {
        const some = paths.slice(first, first + ahead);
        contents.push(...(await Promise.all(some.map((path) => this.contentsOf(path, expected)))));
        onFile(contents.length);
      }
    } finally {
      this.flush();
    }
    return contents;
  }

  private async contentsOf(path: string, expected: string): Promise<FileContents> {
    const { stamp, newest, bytes } = stampOf(path, expected);
    const known = this.known.get(stamp);
    if (known) return { sha256: known.toString('hex'), bytes };
    const begun = this.clock.date().getTime();
    const whole = await readWhole(path, expected);
    const digest = createHash('sha256').update(whole).digest();
    if (newest + tickMs < begun) {
      this.known.set(stamp, digest);
      this.unwritten.push(Buffer.concat([Buffer.from(stamp, 'latin1'), digest]));
      if (this.unwritten.length >= entriesPerWrite) this.flush();
    }
    return { sha256: digest.toString('hex'), bytes };
  }

  private flush(): void {
    if (this.unwritten.length === 0) return;
    try {
      mkdirSync(dirname(this.path), { recursive: true });
      appendFileSync(this.path, Buffer.concat(this.unwritten));
    } catch (thrown) {
      throw asWriteError(this.path, thrown);
    }
    this.unwritten = [];
  }
}

/** The whole file. @throws DataError naming it when it cannot be read */
export async function readWhole(path: string, expected: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (thrown) {
    throw unreadable(path, expected, thrown);
  }
}

function entriesOf(path: string): Map<string, Buffer> {
  const known = new Map<string, Buffer>();
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return known;
    throw unreadable(path, 'the list of contents that was written here', thrown);
  }
  if (bytes.length % entryBytes !== 0) {
    rmSync(path, { force: true });
    return known;
  }
  for (let at = 0; at < bytes.length; at += entryBytes) {
    known.set(bytes.toString('latin1', at, at + stampBytes), bytes.subarray(at + stampBytes, at + entryBytes));
  }
  return known;
}

/** `newest`: the later of its two times, in milliseconds. */
function stampOf(path: string, expected: string): { stamp: string; newest: number; bytes: number } {
  try {
    const { size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    const hash = createHash('sha256').update(`${path}\0${size}\0${mtimeNs}\0${ctimeNs}`).digest();
    const newest = Number((mtimeNs > ctimeNs ? mtimeNs : ctimeNs) / 1_000_000n);
    return { stamp: hash.toString('latin1', 0, stampBytes), newest, bytes: Number(size) };
  } catch (thrown) {
    throw unreadable(path, expected, thrown);
  }
}

function unreadable(path: string, expected: string, cause: unknown): DataError {
  const code = systemCode(cause) ?? 'unknown error';
  const remedy = code === 'EACCES' || code === 'EPERM' ? 'Change its permissions' : 'Check the path';
  return new DataError({ where: path, got: described(`no readable file (${code})`), expected, remedy }, { cause });
}
