/** @file Faults of a disk, by kind: which operations each can strike, and what it does to them. */
import { dirname } from 'node:path';
import type { HostRandom } from '../../core/random.ts';
import type { Attempt, OperationName } from '../../system/disk.ts';

export type FaultKind =
  | 'EIO'
  | 'ENOSPC'
  | 'EACCES'
  | 'short write'
  | 'kill before'
  | 'kill after'
  | 'kill inside a write'
  | 'flipped bit'
  | 'truncation'
  | 'clock backwards'
  | 'folder gone';

/** What a fault can do to the disk that it strikes, and to the process that uses it. */
interface StruckDisk {
  readonly clock: { turnBack(): void };
  /** From now on nothing that the process tries has any effect. */
  kill(): never;
  /** Writes a part of what an operation was to write. @returns how many bytes */
  writeBeginning(attempt: Attempt, random: HostRandom): number;
  alter(path: string, change: (bytes: Buffer) => Buffer): void;
  removeFolder(folder: string): void;
}

interface Fault {
  readonly strikes: (attempt: Attempt) => boolean;
  /** Whether files may be other than they were written: then a refusal that stays is a right end. */
  readonly damages: boolean;
  readonly act: (attempt: Attempt, disk: StruckDisk, random: HostRandom) => unknown;
}

const writes: readonly OperationName[] = ['write', 'writeSync', 'appendFileSync', 'writeFileSync'];
const changes: readonly OperationName[] = [
  ...writes,
  'openSync',
  'mkdirSync',
  'renameSync',
  'linkSync',
  'fsyncSync',
  'ftruncateSync',
  'utimesSync',
];

const refusing = (code: string, operations: readonly OperationName[] | null): Fault => ({
  strikes: ({ operation }) => operations === null || operations.includes(operation),
  damages: false,
  act: ({ operation, args, proceed }) => {
    // It has no way to say why it sees nothing.
    if (operation === 'existsSync') return false;
    // A file that could not be closed well is closed all the same.
    if (operation === 'closeSync') proceed();
    throw Object.assign(new Error(`${code}: ${operation} '${String(args[0])}'`), { code, syscall: operation });
  },
});

export const faults: Readonly<Record<FaultKind, Fault>> = {
  EIO: refusing('EIO', null),
  ENOSPC: refusing('ENOSPC', changes),
  EACCES: refusing('EACCES', null),
  // The system may write less than it is given, and says how much; whoever cannot ask again is told that the disk is full.
  'short write': {
    strikes: ({ operation }) => writes.includes(operation),
    damages: false,
    act: (attempt, disk, random) => {
      const written = disk.writeBeginning(attempt, random);
      if (attempt.operation === 'writeSync') return written;
      if (attempt.operation === 'write') return Promise.resolve({ bytesWritten: written });
      throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC', syscall: attempt.operation });
    },
  },
  'kill before': { strikes: () => true, damages: false, act: (_, disk) => disk.kill() },
  'kill after': {
    strikes: () => true,
    damages: false,
    act: ({ proceed }, disk) => {
      proceed();
      return disk.kill();
    },
  },
  'kill inside a write': {
    strikes: ({ operation }) => writes.includes(operation),
    damages: false,
    act: (attempt, disk, random) => {
      disk.writeBeginning(attempt, random);
      return disk.kill();
    },
  },
  'flipped bit': {
    strikes: (attempt) => opensForReading(attempt),
    damages: true,
    act: (attempt, disk, random) => {
      disk.alter(String(attempt.args[0]), (bytes) => {
        if (bytes.length > 0) bytes[random.below(bytes.length)]! ^= 1 << random.below(8);
        return bytes;
      });
      return attempt.proceed();
    },
  },
  truncation: {
    strikes: (attempt) => opensForReading(attempt),
    damages: true,
    act: (attempt, disk, random) => {
      disk.alter(String(attempt.args[0]), (bytes) => bytes.subarray(0, random.below(bytes.length + 1)));
      return attempt.proceed();
    },
  },
  'clock backwards': {
    strikes: () => true,
    damages: false,
    act: ({ proceed }, disk) => {
      disk.clock.turnBack();
      return proceed();
    },
  },
  'folder gone': {
    strikes: ({ args: [path] }) => typeof path === 'string',
    damages: true,
    act: ({ args: [path], proceed }, disk) => {
      disk.removeFolder(dirname(String(path)));
      return proceed();
    },
  },
};

export const faultKinds = Object.keys(faults) as FaultKind[];

function opensForReading({ operation, args }: Attempt): boolean {
  if (operation === 'readFileSync' || operation === 'readFile') return true;
  return operation === 'openSync' && (args[1] === 'r' || typeof args[1] === 'number');
}
