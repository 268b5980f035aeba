/** @file Append-only JSON lines: what happened in a run, in order, readable while it runs. */
import { appendFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { exists, makeFolder } from './files/files.ts';
import { readText } from './files/input-file.ts';
import { asWriteError } from './files/system-error.ts';

/** One line of `events.jsonl`: a name from a closed list of the writer, and plain data. */
export type LogEvent = { readonly event: string } & Readonly<Record<string, unknown>>;

export class EventLog<E extends LogEvent> {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
    makeFolder(dirname(path));
  }

  append(event: E): void {
    try {
      appendFileSync(this.path, `${JSON.stringify(event)}\n`);
    } catch (thrown) {
      throw asWriteError(this.path, thrown);
    }
  }
}

/** The events of a log; a last line cut off by a killed process is left out. */
export function readEvents<E extends LogEvent>(path: string): E[] {
  if (!exists(path)) return [];
  const lines = readText(path).split('\n');
  lines.pop();
  return lines.map((line) => JSON.parse(line) as E);
}
