/** @file The event log: lines in order, also while they are written, and a torn last line left out. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DataError } from '../../harness/core/errors.ts';
import { EventLog, readEvents } from '../../harness/system/event-log.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'event-log-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('EventLog', () => {
  it('appends one JSON line per event and reads them back in order', () => {
    const path = join(folder, 'cell', 'events.jsonl');
    const log = new EventLog(path);
    log.append({ event: 'begin', step: 0 });
    log.append({ event: 'loss', value: 0.31, text: 'two\nlines' });
    new EventLog(path).append({ event: 'end' });
    expect(readFileSync(path, 'utf8').split('\n').length).toBe(4);
    expect(readEvents(path)).toEqual([
      { event: 'begin', step: 0 },
      { event: 'loss', value: 0.31, text: 'two\nlines' },
      { event: 'end' },
    ]);
  });

  it('leaves out a last line that a killed process has cut off', () => {
    const path = join(folder, 'torn.jsonl');
    new EventLog(path).append({ event: 'begin' });
    appendFileSync(path, '{"event":"lo');
    expect(readEvents(path)).toEqual([{ event: 'begin' }]);
  });

  it('leaves out a cut-off line in its middle, and goes on behind it', () => {
    const path = join(folder, 'torn-and-gone-on.jsonl');
    new EventLog(path).append({ event: 'begin' });
    appendFileSync(path, '{"event":"lo');
    new EventLog(path).append({ event: 'again' });
    expect(readEvents(path)).toEqual([{ event: 'begin' }, { event: 'again' }]);
    expect(readFileSync(path, 'utf8').split('\n').length).toBe(4);
  });

  it('reads a log that was never begun as empty', () => {
    expect(readEvents(join(folder, 'absent.jsonl'))).toEqual([]);
  });

  it('says what to do about a folder that cannot be written', () => {
    writeFileSync(join(folder, 'a-file'), '');
    expect(() => new EventLog(join(folder, 'a-file', 'events.jsonl'))).toThrow(DataError);
  });
});
