/**
 * @file The only door to the file system: every operation of every file that uses it, in one table. Whoever tries faults stands in this
 * door and may refuse, alter or end any of them; at all other times an operation is the one of Node.
 */
import * as fs from 'node:fs';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

export { constants, type Dirent, type Stats } from 'node:fs';

/** The operations of Node themselves. */
export const disk = {
  accessSync: fs.accessSync,
  appendFileSync: fs.appendFileSync,
  closeSync: fs.closeSync,
  copyFileSync: fs.copyFileSync,
  cpSync: fs.cpSync,
  createReadStream: fs.createReadStream,
  existsSync: fs.existsSync,
  fstatSync: fs.fstatSync,
  fsyncSync: fs.fsyncSync,
  ftruncateSync: fs.ftruncateSync,
  linkSync: fs.linkSync,
  lstatSync: fs.lstatSync,
  mkdirSync: fs.mkdirSync,
  mkdtempSync: fs.mkdtempSync,
  openSync: fs.openSync,
  readFile,
  readFileSync: fs.readFileSync,
  readSync: fs.readSync,
  readdirSync: fs.readdirSync,
  readlinkSync: fs.readlinkSync,
  realpathSync: fs.realpathSync,
  renameSync: fs.renameSync,
  rmSync: fs.rmSync,
  rmdirSync: fs.rmdirSync,
  statSync: fs.statSync,
  statfsSync: fs.statfsSync,
  symlinkSync: fs.symlinkSync,
  unlinkSync: fs.unlinkSync,
  utimesSync: fs.utimesSync,
  write: promisify(fs.write),
  writeFileSync: fs.writeFileSync,
  writeSync: fs.writeSync,
};
type Operations = typeof disk;
export type OperationName = keyof Operations;

/** Operations by the file below harness/system that calls them: each is a point at which input or output can fail. */
export const points = {
  'event-log': ['appendFileSync'],
  'files/atomic-file': [
    'closeSync',
    'existsSync',
    'fsyncSync',
    'mkdirSync',
    'openSync',
    'renameSync',
    'rmSync',
    'writeSync',
  ],
  'files/content-ledger': ['appendFileSync', 'mkdirSync', 'readFile', 'readFileSync', 'rmSync', 'statSync'],
  'files/files': [
    'accessSync',
    'closeSync',
    'openSync',
    'write',
    'copyFileSync',
    'cpSync',
    'lstatSync',
    'mkdirSync',
    'mkdtempSync',
    'readdirSync',
    'readlinkSync',
    'realpathSync',
    'renameSync',
    'rmSync',
    'rmdirSync',
    'statSync',
    'statfsSync',
    'symlinkSync',
  ],
  'files/folder-walk': ['readdirSync', 'realpathSync', 'statSync'],
  'files/input-file': ['readFile'],
  'files/open-file': [
    'closeSync',
    'createReadStream',
    'fstatSync',
    'fsyncSync',
    'ftruncateSync',
    'openSync',
    'readSync',
    'writeSync',
  ],
  'files/output-file': ['closeSync', 'openSync', 'rmSync', 'statSync', 'writeSync'],
  'files/place-once': [
    'closeSync',
    'existsSync',
    'linkSync',
    'openSync',
    'readFileSync',
    'renameSync',
    'rmSync',
    'writeSync',
  ],
  'files/system-error': ['lstatSync', 'readlinkSync', 'statSync'],
  lock: [
    'mkdirSync',
    'readFileSync',
    'readdirSync',
    'readlinkSync',
    'renameSync',
    'rmSync',
    'rmdirSync',
    'statSync',
    'unlinkSync',
    'utimesSync',
    'writeFileSync',
  ],
  'process/logged-process': ['closeSync', 'openSync'],
  'process/program': ['accessSync', 'statSync'],
} as const satisfies Readonly<Record<string, readonly OperationName[]>>;
export type Place = keyof typeof points;

/** An operation that is about to happen. */
export interface Attempt {
  readonly place: Place;
  readonly operation: OperationName;
  readonly args: readonly unknown[];
  /** Carries it out. */
  readonly proceed: () => unknown;
}

/** Stands in the place of every operation; returns, or throws, what its caller gets. */
export type Interference = (attempt: Attempt) => unknown;

let interference: Interference | null = null;

/** Puts an interference into the door, or with null takes it out. @returns the one that stood there */
export function interfere(next: Interference | null): Interference | null {
  const before = interference;
  interference = next;
  return before;
}

/** The operations of a file, as the table has them. */
export function diskOf<P extends Place>(place: P): Pick<Operations, (typeof points)[P][number]> {
  const entries = points[place].map((operation: OperationName) => {
    const original = disk[operation] as (...args: unknown[]) => unknown;
    const guarded = (...args: unknown[]): unknown =>
      interference ? interference({ place, operation, args, proceed: () => original(...args) }) : original(...args);
    return [operation, guarded] as const;
  });
  return Object.fromEntries(entries) as Pick<Operations, (typeof points)[P][number]>;
}
