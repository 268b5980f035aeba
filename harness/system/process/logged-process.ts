/**
 * @file Runs a program in a process group of its own; its output goes into a log file.
 *
 * The log is read as it grows.
 */
import { diskOf } from '../disk.ts';
import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { exists, makeFolder, sizeOf } from '../files/files.ts';
import { openInput } from '../files/open-file.ts';
import { asWriteError } from '../files/system-error.ts';

const { closeSync, openSync } = diskOf('process/logged-process');

export interface LoggedOptions {
  /** What the program prints is appended to this file: it is kept whatever becomes of this process. */
  readonly log: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Told of each line that is printed, without its end. */
  readonly onLine: (line: string) => void;
  /** Milliseconds between two looks at the log. */
  readonly pollMs?: number;
  /** Whether its standard input is a pipe that ends with this process, however that ends: by it the program can end too. */
  readonly tied?: boolean;
}

export interface LoggedEnd {
  /** Null where a signal ended the program. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface LoggedProcess {
  /** Sends a signal to the program and all that it started; one that has ended is left alone. */
  readonly send: (signal: NodeJS.Signals) => void;
  readonly pid: number | undefined;
  readonly ended: Promise<LoggedEnd>;
}

/**
 * Starts a program. It reaches its log without this process, so that it goes on when this process is killed; when this process exits, it
 * is asked to end (SIGTERM).
 * @throws DataError when the log cannot be written; `ended` rejects when the program cannot be started
 */
export function startLogged([program, ...args]: readonly [string, ...string[]], options: LoggedOptions): LoggedProcess {
  const { log, environment, onLine, pollMs = 200, tied = false } = options;
  const reader = new LineReader(log, onLine);
  const descriptor = openLog(log);
  const stdio = [tied ? 'pipe' : 'ignore', descriptor, descriptor] as const;
  const child = spawn(program, args, { env: environment, stdio: [...stdio], detached: true });
  closeSync(descriptor);
  let over = false;
  const send = (signal: NodeJS.Signals): void => {
    if (child.pid === undefined || over) return;
    try {
      process.kill(-child.pid, signal);
    } catch {
      // It has just ended.
    }
  };
  const endWithUs = (): void => send('SIGTERM');
  process.once('exit', endWithUs);
  const polling = setInterval(() => reader.read(), pollMs);
  const ended = new Promise<LoggedEnd>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }));
  }).finally(() => {
    over = true;
    clearInterval(polling);
    process.off('exit', endWithUs);
    reader.finish();
  });
  return { send, pid: child.pid, ended };
}

function openLog(path: string): number {
  makeFolder(dirname(path));
  try {
    return openSync(path, 'a');
  } catch (thrown) {
    throw asWriteError(path, thrown);
  }
}

/** Reads what is appended to a file from now on. */
class LineReader {
  private readonly path: string;
  private readonly onLine: (line: string) => void;
  private at: number;
  private rest = '';
  private readonly decoder = new TextDecoder();

  constructor(path: string, onLine: (line: string) => void) {
    this.path = path;
    this.onLine = onLine;
    this.at = exists(path) ? sizeOf(path) : 0;
  }

  read(): void {
    const lines = (this.rest + this.decoder.decode(this.added(), { stream: true })).split('\n');
    this.rest = lines.pop()!;
    for (const line of lines) this.onLine(line);
  }

  finish(): void {
    this.read();
    if (this.rest !== '') this.onLine(this.rest);
    this.rest = '';
  }

  private added(): Uint8Array {
    // Somebody may have taken the log away: the program goes on without it.
    if (!exists(this.path)) return Buffer.alloc(0);
    const file = openInput(this.path, 'a log');
    try {
      const bytes = Buffer.alloc(Math.max(0, file.size() - this.at));
      const read = file.readAt(this.at, bytes);
      this.at += read;
      return bytes.subarray(0, read);
    } finally {
      file.close();
    }
  }
}
