/** @file Log of a run as append-only JSON lines, readable while it runs. */
import { diskOf } from './disk.ts';
import { dirname } from 'node:path';
import { exists, makeFolder } from './files/files.ts';
import { readInput, readText } from './files/input-file.ts';
import { asWriteError } from './files/system-error.ts';

const { appendFileSync } = diskOf('event-log');

/** One line of `events.jsonl`: a name from a closed list of the writer, and plain data. */
export type LogEvent = { readonly event: string } & Readonly<Record<string, unknown>>;

export class EventLog<E extends LogEvent> {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
    makeFolder(dirname(path));
    // A killed process has cut its last line off: what follows must not become part of it.
    if (exists(path) && !endsLine(path)) this.write('\n');
  }

  append(event: E): void {
    this.write(`${JSON.stringify(event)}\n`);
  }

  private write(text: string): void {
    try {
      appendFileSync(this.path, text);
    } catch (thrown) {
      throw asWriteError(this.path, thrown);
    }
  }
}

/** The events of a log; lines cut off by killed processes are left out. */
export function readEvents<E extends LogEvent>(path: string): E[] {
  if (!exists(path)) return [];
  const lines = readText(path).split('\n');
  lines.pop();
  return lines.flatMap((line) => {
    try {
      return [JSON.parse(line) as E];
    } catch {
      return [];
    }
  });
}

function endsLine(path: string): boolean {
  const text = readInput(path, 'a log of events');
  return text.length === 0 || text.at(-1) === 0x0a;
}
