/**
 * @file Runs child processes that are killed when this process ends, however it ends.
 *
 * Whatever they started is killed too.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';

export interface GuardedOptions {
  readonly environment: NodeJS.ProcessEnv;
  /** Kills the process and everything it started. */
  readonly signal: AbortSignal;
  readonly folder?: string;
  /** Told of each piece of standard output as it comes. */
  readonly onOutput?: (text: string) => void;
}

export interface Ended {
  /** The exit code; 128 + n where signal n ended the process. */
  readonly code: number;
  readonly signal: NodeJS.Signals | undefined;
  readonly output: string;
  readonly errors: string;
}

/**
 * Standard input is a pipe whose other end only our process holds: when that end closes, even because our process was killed with -9, the
 * watcher's read returns and it kills the whole group. Killing the parent alone would leave pip or a compiler's parts at work.
 */
const guard = `
exec 3<&0 </dev/null
( read -r _ <&3; kill -KILL 0 ) >/dev/null 2>&1 &
watcher=$!
"$@" 3<&-
code=$?
kill -KILL "$watcher"
exit "$code"
`;

/**
 * Runs a command in a process group of its own, without input, and collects what it says.
 * @throws the signal's reason when it is aborted, after the group has been killed
 */
export function runGuarded(command: readonly string[], options: GuardedOptions): Promise<Ended> {
  const { signal } = options;
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const child = spawn('/bin/sh', ['-c', guard, 'guard', ...command], {
      env: options.environment,
      stdio: 'pipe',
      detached: true,
      ...(options.folder === undefined ? {} : { cwd: options.folder }),
    });
    const kill = () => {
      // Before the spawn has failed or succeeded there is no group.
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
    };
    signal.addEventListener('abort', kill, { once: true });
    let output = '';
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      options.onOutput?.(text);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
    // The guard may end between its last look at the pipe and our closing of it.
    child.stdin.on('error', () => undefined);
    child.once('error', reject);
    child.once('close', (code) => {
      signal.removeEventListener('abort', kill);
      if (signal.aborted) {
        reject(signal.reason as Error);
        return;
      }
      // Without a code the guard itself was killed from outside.
      const status = code ?? 128 + constants.signals.SIGKILL;
      resolve({ code: status, signal: signalOf(status), output, errors });
    });
  });
}

function signalOf(code: number): NodeJS.Signals | undefined {
  const [name] = Object.entries(constants.signals).find(([, number]) => number === code - 128) ?? [];
  return name as NodeJS.Signals | undefined;
}
