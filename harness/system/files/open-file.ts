/** @file Open file with reads and writes at positions; system errors name the path. */
import { diskOf, constants, type Stats } from '../disk.ts';
import { join } from 'node:path';
import { DataError, described } from '../../core/errors.ts';
import { makeTemporaryFolder, remove } from './files.ts';
import { asReadError, asWriteError } from './system-error.ts';

const { closeSync, createReadStream, fstatSync, fsyncSync, ftruncateSync, openSync, readSync, writeSync } =
  diskOf('files/open-file');

/** One call of the system moves at most 2 GiB. */
const mostPerCall = 1 << 30;

/** `close()` it. */
export class OpenFile {
  readonly path: string;
  private readonly descriptor: number;
  private readonly expected: string;

  constructor(path: string, descriptor: number, expected: string) {
    this.path = path;
    this.descriptor = descriptor;
    this.expected = expected;
  }

  /** Bytes, now. */
  size(): number {
    try {
      return fstatSync(this.descriptor).size;
    } catch (thrown) {
      throw asReadError(this.path, this.expected, thrown);
    }
  }

  /** Fills `out` with what lies from byte `at` on. @returns how many bytes there were: fewer than wanted where the file ends */
  readAt(at: number, out: Uint8Array): number {
    let done = 0;
    try {
      while (done < out.length) {
        const got = readSync(this.descriptor, out, done, Math.min(out.length - done, mostPerCall), at + done);
        if (got === 0) break;
        done += got;
      }
    } catch (thrown) {
      throw asReadError(this.path, this.expected, thrown);
    }
    return done;
  }

  /** The bytes from `start` up to `end` (the end of the file by default), piece by piece. */
  async *pieces(start = 0, end = Infinity, pieceBytes = 1 << 20): AsyncGenerator<Buffer, void> {
    if (start >= end) return;
    const range = { fd: this.descriptor, autoClose: false, highWaterMark: pieceBytes, start, end: end - 1 };
    try {
      for await (const piece of createReadStream(this.path, range)) yield piece as Buffer;
    } catch (thrown) {
      throw asReadError(this.path, this.expected, thrown);
    }
  }

  /** Writes all of `bytes` from byte `at` of the file on. */
  writeAt(at: number, bytes: Uint8Array): void {
    try {
      for (let done = 0; done < bytes.length;)
        done += writeSync(this.descriptor, bytes, done, Math.min(bytes.length - done, mostPerCall), at + done);
    } catch (thrown) {
      throw asWriteError(this.path, thrown);
    }
  }

  /** Cuts off what lies beyond `bytes`. */
  truncate(bytes: number): void {
    try {
      ftruncateSync(this.descriptor, bytes);
    } catch (thrown) {
      throw asWriteError(this.path, thrown);
    }
  }

  /** Waits until everything written is on the disk. */
  flush(): void {
    try {
      fsyncSync(this.descriptor);
    } catch (thrown) {
      throw asWriteError(this.path, thrown);
    }
  }

  close(): void {
    try {
      closeSync(this.descriptor);
    } catch (thrown) {
      throw asWriteError(this.path, thrown);
    }
  }
}

/**
 * Opens a file for reading.
 * @param expected what it should be, such as `a ZIP archive`
 * @throws DataError when it cannot be opened, or is a folder, a pipe or a device
 */
export function openInput(path: string, expected: string): OpenFile {
  let descriptor: number | undefined;
  try {
    // A pipe without a writer would be waited for.
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    refuseOtherKinds(path, expected, fstatSync(descriptor));
    return new OpenFile(path, descriptor, expected);
  } catch (thrown) {
    if (descriptor !== undefined) closeSync(descriptor);
    throw asReadError(path, expected, thrown);
  }
}

/** Creates a file for reading and writing. @throws DataError when it cannot be, or exists */
export function createFile(path: string): OpenFile {
  return openFor(path, 'wx+');
}

/**
 * Creates a file below TMPDIR, or `parent`, that is gone when it is closed or its process ends, whatever ends it: its name is removed at
 * once. @throws DataError when it cannot be created
 */
export function createNamelessFile(prefix: string, parent?: string): OpenFile {
  const folder = makeTemporaryFolder(prefix, parent);
  try {
    return createFile(join(folder, 'file'));
  } finally {
    remove(folder);
  }
}

/** Opens a file that exists for reading and writing. @throws DataError when it cannot be */
export function openForUpdate(path: string): OpenFile {
  return openFor(path, 'r+');
}

function openFor(path: string, flags: 'wx+' | 'r+'): OpenFile {
  try {
    return new OpenFile(path, openSync(path, flags), 'a file to write');
  } catch (thrown) {
    throw asWriteError(path, thrown);
  }
}

function refuseOtherKinds(path: string, expected: string, state: Stats): void {
  if (state.isFile()) return;
  if (state.isDirectory()) throw Object.assign(new Error('a folder'), { code: 'EISDIR' });
  const got = state.isFIFO() ? 'a pipe' : 'a device';
  throw new DataError({ where: path, got: described(got), expected, remedy: 'Name a file on a disk' });
}
