/** @file Translates system errors of reading and writing into one line with the cause and the remedy. */
import { diskOf } from '../disk.ts';
import { dirname, resolve } from 'node:path';
import { DataError, HarnessError, described, systemCode, type Fault } from '../../core/errors.ts';

const { lstatSync, readlinkSync, statSync } = diskOf('files/system-error');

/** A refusal of the system, translated; it keeps the system's code (`ENOENT`, `ENOSPC` ...). */
export class FileError extends DataError {
  readonly code: string;

  constructor(code: string, fault: Fault, cause: unknown) {
    super(fault, { cause });
    this.code = code;
  }
}

/**
 * Turns the system's refusal to read into an error that names the path, the cause and the remedy; anything else comes back unchanged.
 * @param expected what the path should be, such as `a ZIP archive`
 */
export function asReadError(path: string, expected: string, thrown: unknown): unknown {
  const code = refusalOf(thrown);
  if (code === undefined) return thrown;
  const [got, remedy] = readRefusal(path, code);
  return new FileError(code, { where: path, got: described(got), expected, remedy }, thrown);
}

/** The same for the refusal to write. @param setting that names the place, where it is known */
export function asWriteError(path: string, thrown: unknown, setting = settingOf(path)): unknown {
  const code = refusalOf(thrown);
  if (code === undefined) return thrown;
  return new FileError(code, { where: path, ...writeRefusal(path, code, setting) }, thrown);
}

/** Remembers which setting names a folder, so that a full disk or a missing permission below it is mended by the right one. */
export function placedBy(setting: string, folder: string): void {
  settings.set(resolve(folder), setting);
}

const settings = new Map<string, string>();

/** The code of the system's refusal; undefined where it is translated already, or is no refusal of the system. */
function refusalOf(thrown: unknown): string | undefined {
  if (thrown instanceof HarnessError) return undefined;
  const code = systemCode(thrown);
  return code !== undefined && (/^E[A-Z0-9]+$/.test(code) || code === 'ERR_STRING_TOO_LONG') ? code : undefined;
}

function readRefusal(path: string, code: string): readonly [got: string, remedy: string] {
  switch (code) {
    case 'ENOENT': {
      const target = danglingTarget(path);
      return target === undefined
        ? ['no file of that name', 'Check the path']
        : [`a link to ${target}, which does not exist`, 'Mend the link, or name the file itself'];
    }
    case 'EACCES':
    case 'EPERM':
      return [
        `something that this user may not read (${code})`,
        'Change the permissions or the owner, of the folders above it too, or start as a user who may read it',
      ];
    case 'EISDIR':
      return ['a folder', 'Name a file'];
    case 'ENOTDIR':
      return isFile(path) ? ['a file', 'Name a folder'] : [`a path through ${obstacle(path)}`, 'Check the path'];
    case 'ENXIO':
      return ['a socket, or a device that is not there', 'Name a file on a disk'];
    case 'ERR_STRING_TOO_LONG':
      return ['a file of more than 512 MiB', 'Check that this is the right file'];
    default:
      return eitherRefusal(code);
  }
}

function writeRefusal(path: string, code: string, setting: string): Omit<Fault, 'where'> {
  const elsewhere = `name another folder with ${setting}`;
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return {
        got: described(code === 'ENOSPC' ? 'a full disk' : 'a full disk quota'),
        expected: 'room to write this file',
        remedy: `Free some space, or ${elsewhere}, and start again: finished work is kept`,
      };
    case 'EFBIG':
      return {
        got: described('a file larger than its file system or the limit of this user allows (EFBIG)'),
        expected: 'room to write this file',
        remedy: `Raise the limit (\`ulimit -f\`), or ${elsewhere}`,
      };
    case 'EACCES':
    case 'EPERM':
      return {
        got: described(`a folder that cannot be written (${code})`),
        expected: 'permission to write this file',
        remedy: `Change its owner or permissions, or ${elsewhere}`,
      };
    case 'EROFS':
      return {
        got: described('a file system that can only be read'),
        expected: 'one that can be written',
        remedy: `Mount it for writing, or ${elsewhere}`,
      };
    case 'ENOTDIR':
    case 'EEXIST':
      return {
        got: described(`a path through ${obstacle(path)}`),
        expected: 'a folder to write into',
        remedy: `Move that file away, or ${elsewhere}`,
      };
    case 'EISDIR':
    case 'ENOTEMPTY':
      return { got: described('a folder'), expected: 'a file to write', remedy: 'Name a file' };
    case 'ENOENT':
      return {
        got: described('no folder to write into'),
        expected: 'a folder that stays while it is in use',
        remedy: 'Start again',
      };
    default: {
      const [got, remedy] = eitherRefusal(code);
      return { got: described(got), expected: 'to write this file', remedy };
    }
  }
}

/** Refusals that mean the same whatever was wanted. */
function eitherRefusal(code: string): readonly [got: string, remedy: string] {
  switch (code) {
    case 'ELOOP':
      return ['links that lead round in a circle', 'Mend the links, or name the place that is meant'];
    case 'ENAMETOOLONG':
      return ['a name that is longer than the file system allows', 'Use a shorter path'];
    case 'EMFILE':
    case 'ENFILE':
      return ['too many open files', 'Raise the limit (`ulimit -n`), and start again'];
    case 'ENOMEM':
      return ['too little memory', 'Free some memory, and start again'];
    case 'EIO':
      return ['a fault of the disk (EIO)', 'Check the disk, and put the file on another one'];
    case 'EXDEV':
      return ['a place on another file system', 'Name a folder on the same one'];
    case 'EBUSY':
    case 'ETXTBSY':
      return [`something that is in use (${code})`, 'End the program that uses it, and start again'];
    case 'ESTALE':
    case 'ENOTCONN':
    case 'EHOSTDOWN':
    case 'EHOSTUNREACH':
    case 'ETIMEDOUT':
    case 'EREMOTEIO':
      return [`a file system that does not answer (${code})`, 'Mount it again, and start again'];
    default:
      return [`a refusal of the system (${code})`, 'Check the path and its disk'];
  }
}

/** What a link points to that leads nowhere. */
function danglingTarget(path: string): string | undefined {
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : undefined;
  } catch {
    return undefined;
  }
}

/** The nearest part of the path that exists and is no folder. */
function obstacle(path: string): string {
  for (let part = resolve(path); part !== dirname(part); part = dirname(part)) {
    if (isFile(part)) return `${part}, which is no folder`;
  }
  return 'something that is no folder';
}

function isFile(path: string): boolean {
  try {
    return !statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** The setting of the nearest folder above the path that one names. */
export function settingOf(path: string): string {
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    const setting = settings.get(folder);
    if (setting !== undefined) return setting;
    if (folder === dirname(folder)) return '--runs or --out';
  }
}
