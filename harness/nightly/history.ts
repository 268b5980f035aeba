/** @file Keeps the history of nights: a file per machine, a sealed line per entry, only ever added to. */
import { join } from 'node:path';
import { z } from 'zod';
import { canonicalJson, fingerprint } from '../core/canonical-json.ts';
import type { Clock } from '../core/clock.ts';
import { DataError, described, exitCodes } from '../core/errors.ts';
import { sha256 } from '../core/hash.ts';
import { isRecord } from '../core/record.ts';
import { EventLog } from '../system/event-log.ts';
import { writeFileAtomically } from '../system/files/atomic-file.ts';
import { exists, makeWritableFolder, namesIn } from '../system/files/files.ts';
import { readText } from '../system/files/input-file.ts';
import { tryLock } from '../system/lock.ts';
import { historyEntrySchema, type HistoryEntry, type NightHistory } from './history-entry.ts';
import type { Calibration } from './statistics/calibrate.ts';

const schema = 'consistency-harness/nightly-history@1';
const event = 'nightly-history';

/** What stands in a line beside its entry. */
const lineSchema = z.strictObject({
  event: z.literal(event),
  schema: z.literal(schema),
  entry: historyEntrySchema,
  /** sha256 of the canonical JSON of the entry. */
  entrySha256: z.string(),
});

export interface ReadHistory extends NightHistory {
  /** The last calibration of this machine; null before the first. */
  readonly calibration: { readonly at: string; readonly calibration: Calibration } | null;
  /** What was found cut off, one sentence each. */
  readonly warnings: readonly string[];
}

/** The history that a job holds: nobody else adds to it until it is released. */
export interface HeldHistory {
  readonly history: ReadHistory;
  readonly append: (entry: HistoryEntry) => void;
  readonly release: () => void;
}

/** `<folder>/<first 16 digits of the machine's fingerprint>.jsonl` */
export function historyPath(folder: string, machine: string): string {
  return join(folder, `${machine.slice(0, 16)}.jsonl`);
}

/** The machines of a folder, by the digits that name their files, in order. */
export function machinesIn(folder: string): string[] {
  if (!exists(folder)) return [];
  return namesIn(folder).flatMap((name) => /^([0-9a-f]{16})\.jsonl$/.exec(name)?.[1] ?? []);
}

/**
 * The history of a machine and those beside it, without a change to either. A last line that was cut off is left out, with a warning.
 * @param machine its fingerprint
 * @throws DataError naming the line that is of another schema or was changed after it was written
 */
export function readHistory(folder: string, machine: string): ReadHistory {
  const own = historyPath(folder, machine);
  const here = readLines(own);
  const others = machinesIn(folder)
    .map((other) => historyPath(folder, other))
    .filter((path) => path !== own)
    .map((path) => readLines(path));
  const elsewhere = others.flatMap(({ entries }) => entries).sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  return {
    entries: here.entries,
    elsewhere,
    calibration: here.entries.findLast((entry) => entry.kind === 'calibration') ?? null,
    warnings: [here, ...others].flatMap(({ warning }) => warning ?? []),
  };
}

/**
 * Takes the history of a machine for one job. A last line that a killed job cut off is moved, to the byte, into a file beside it.
 * @param say told what was set aside
 * @throws DataError (exit code 75) while another job holds it, or as `readHistory`
 */
export function holdHistory(
  folder: string,
  machine: string,
  { clock, say }: { readonly clock: Clock; readonly say: (text: string) => void },
): HeldHistory {
  makeWritableFolder(folder);
  const path = historyPath(folder, machine);
  const lock = tryLock(`${path}.lock`, {
    clock,
    onTakeOver: ({ pid }) => say(`${path}: process ${pid} died holding it`),
  });
  if (!('release' in lock)) {
    throw new DataError(
      {
        where: path,
        got: described(`a history that process ${lock.pid} on ${lock.host} holds since ${lock.since}`),
        expected: 'one job at a time: two would also slow each other down',
        remedy: 'Wait for it, or end it',
      },
      { exitCode: exitCodes.transient },
    );
  }
  try {
    setAsideCutLine(path, say);
    const history = readHistory(folder, machine);
    const log = new EventLog(path);
    return {
      history,
      append: (entry) => {
        if (lock.lost.aborted) throw lock.lost.reason;
        log.append({ event, schema, entry, entrySha256: fingerprint(entry) });
      },
      release: () => lock.release(),
    };
  } catch (thrown) {
    lock.release();
    throw thrown;
  }
}

function setAsideCutLine(path: string, say: (text: string) => void): void {
  if (!exists(path)) return;
  const text = readText(path);
  const end = text.lastIndexOf('\n') + 1;
  if (end === text.length) return;
  const cut = text.slice(end);
  const aside = `${path}.cut-${sha256(cut).slice(0, 8)}`;
  writeFileAtomically(aside, cut);
  writeFileAtomically(path, text.slice(0, end));
  say(`${path}: its last line was cut off (a killed job or a full disk); set aside in ${aside}`);
}

function readLines(path: string): { readonly entries: HistoryEntry[]; readonly warning: string | null } {
  if (!exists(path)) return { entries: [], warning: null };
  const lines = readText(path, 'a history of nights').split('\n');
  const cut = lines.pop()!;
  return {
    entries: lines.map((line, i) => entryIn(line, `${path}, line ${i + 1}`)),
    warning: cut === '' ? null : `${path}: its last line is cut off and left out`,
  };
}

const restore = 'Restore the file as it was kept, or move it away: the history then begins anew';

function entryIn(line: string, where: string): HistoryEntry {
  const value = jsonIn(line, where);
  const found = isRecord(value) ? value.schema : undefined;
  if (found !== schema) {
    const remedy = 'Use the version of the harness that wrote it, or another --history folder';
    throw new DataError({ where, got: found, expected: `a line of schema ${schema}`, remedy });
  }
  // The seal first: what breaks the schema was most likely changed by hand.
  if (isRecord(value) && value.entrySha256 !== sha256(canonicalJson(value.entry ?? null))) {
    const got = described('an entry that was changed after it was written');
    throw new DataError({ where, got, expected: 'the entry that its entrySha256 seals', remedy: restore });
  }
  const parsed = lineSchema.safeParse(value);
  if (parsed.success) return parsed.data.entry;
  const issue = parsed.error.issues[0]!;
  const got = described(`${issue.path.map(String).join('.')}: ${issue.message}`);
  throw new DataError({ where, got, expected: `a line of schema ${schema}`, remedy: restore });
}

function jsonIn(line: string, where: string): unknown {
  try {
    return JSON.parse(line);
  } catch (thrown) {
    const got = described(thrown instanceof Error ? thrown.message : String(thrown));
    throw new DataError(
      { where, got, expected: 'one entry of the history as JSON', remedy: restore },
      { cause: thrown },
    );
  }
}
