/** @file Signs of life of a cell: a file that is rewritten when its work has advanced, never by a timer. */
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { Clock } from '../../core/clock.ts';
import { writeJsonAtomically } from '../../system/files/atomic-file.ts';
import { exists } from '../../system/files/files.ts';
import { readText } from '../../system/files/input-file.ts';
import { rowIn, type Output } from '../../system/progress.ts';

export const heartbeatFileName = 'heartbeat.json';

const heartbeatSchema = z.object({
  host: z.string(),
  pid: z.int(),
  /** Signs of life of this process so far: a cell whose count stands still is not at work. */
  beats: z.int(),
  /** Of the last sign that was written: ISO 8601. */
  at: z.string(),
  /** The work and how far it has come, as its progress says it; empty before the first. */
  doing: z.string(),
});
export type Heartbeat = z.infer<typeof heartbeatSchema>;

/** Milliseconds between two writings of the file. */
const writeEvery = 2_000;

export class HeartbeatWriter {
  private readonly path: string;
  private readonly clock: Clock;
  private beats = 0;
  private doing = '';
  private written = -Infinity;

  constructor(folder: string, clock: Clock) {
    this.path = join(folder, heartbeatFileName);
    this.clock = clock;
  }

  /** Work has advanced. @throws DataError when the file cannot be written */
  beat(doing = this.doing): void {
    this.beats += 1;
    this.doing = doing;
    const now = this.clock.now();
    if (now - this.written < writeEvery) return;
    this.written = now;
    const { beats } = this;
    writeJsonAtomically(this.path, {
      host: hostname(),
      pid: process.pid,
      beats,
      at: this.clock.date().toISOString(),
      doing,
    } satisfies Heartbeat);
  }
}

/** The last sign of life of the cell in a folder; null where there is none, or none that can be understood. */
export function readHeartbeat(folder: string): Heartbeat | null {
  const path = join(folder, heartbeatFileName);
  if (!exists(path)) return null;
  try {
    return heartbeatSchema.parse(JSON.parse(readText(path)));
  } catch {
    return null;
  }
}

/** Milliseconds between two lines about the same work in a log. */
const lineEvery = 60_000;
const firstLine = 2_000;

/**
 * The output of a cell: all that it shows is a sign of life. How far the work has come is shown as often as on a terminal, and reaches an
 * output that is none as a line a minute.
 */
export function beatingOutput(output: Output, heartbeat: HeartbeatWriter, clock: Clock): Output {
  let next = clock.now() + firstLine;
  return {
    isTerminal: true,
    columns: output.isTerminal ? output.columns : Infinity,
    write: (text) => {
      const row = rowIn(text);
      heartbeat.beat(row?.text);
      if (!row || output.isTerminal) output.write(text);
      else if (row.stays) output.write(`${row.text}\n`);
      else if (clock.now() >= next) {
        next = clock.now() + lineEvery;
        output.write(`${row.text}\n`);
      }
    },
  };
}
