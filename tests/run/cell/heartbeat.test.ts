/** @file Signs of life and the record of attempts, with time moved by hand. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Clock } from '../../../harness/core/clock.ts';
import { CheckpointedExit, DataError, PlanError } from '../../../harness/core/errors.ts';
import { writePlan } from '../../../harness/plan/plan-file.ts';
import { readOutcome } from '../../../harness/results/store.ts';
import { readAttempts, recordAttempt } from '../../../harness/run/cell/attempts.ts';
import {
  HeartbeatWriter,
  beatingOutput,
  heartbeatFileName,
  readHeartbeat,
} from '../../../harness/run/cell/heartbeat.ts';
import { Progress, silence } from '../../../harness/system/progress.ts';
import { planOf } from '../../plan/fixtures.ts';

let folder: string;
let milliseconds: number;
const clock: Clock = { now: () => milliseconds, date: () => new Date(milliseconds) };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'heartbeat-'));
  milliseconds = 0;
});

describe('HeartbeatWriter', () => {
  it('writes the first sign at once and further ones two seconds apart, each with the count so far', () => {
    const heartbeat = new HeartbeatWriter(folder, clock);
    const beatAt = (ms: number) => {
      milliseconds = ms;
      heartbeat.beat(`at ${ms}`);
      return readHeartbeat(folder)!;
    };
    expect(beatAt(0)).toMatchObject({ beats: 1, doing: 'at 0', pid: process.pid, at: '1970-01-01T00:00:00.000Z' });
    expect(beatAt(1999)).toMatchObject({ beats: 1 });
    expect(beatAt(2000)).toMatchObject({ beats: 3, doing: 'at 2000' });
  });

  it('is null where there is no sign or none that can be understood', () => {
    expect(readHeartbeat(folder)).toBeNull();
    writeFileSync(join(folder, heartbeatFileName), '{"host":');
    expect(readHeartbeat(folder)).toBeNull();
  });
});

describe('beatingOutput', () => {
  const stage = (isTerminal: boolean) => {
    const written: string[] = [];
    const inner = { isTerminal, columns: 40, write: (text: string) => void written.push(text) };
    const output = beatingOutput(inner, new HeartbeatWriter(folder, clock), clock);
    const progress = new Progress(output, clock, { label: 'train', unit: 'steps', total: 100 });
    return { written, output, progress };
  };

  it('takes progress as a sign of life, and writes a line of it soon and then every minute', () => {
    const { written, output, progress } = stage(false);
    for (milliseconds = 0; milliseconds <= 62_000; milliseconds += 1_000) progress.update(milliseconds / 1_000);
    output.write('a line\n');
    progress.finish();
    expect(written).toEqual([
      'train: 2 of 100 steps, 1 steps/s, 1 min 38 s left\n',
      'train: 62 of 100 steps, 1 steps/s, 38 s left\n',
      'a line\n',
      'train: 62 of 100 steps in 1 min 03 s\n',
    ]);
    expect(readHeartbeat(folder)).toMatchObject({ doing: 'train: 62 of 100 steps, 1 steps/s, 38 s left' });
  });

  it('leaves a terminal as it is', () => {
    const { written, progress } = stage(true);
    milliseconds = 1_000;
    progress.update(1, 'loss 0.31 and much more that is cut');
    expect(written).toEqual(['\r\u001b[2Ktrain: 1 of 100 steps, 1 steps/s, 1 ...']);
  });
});

describe('recordAttempt', () => {
  it('writes when each attempt began and how it ended', async () => {
    const attempt = (thrown?: Error) =>
      recordAttempt({ folder, root: folder, command: '', output: silence }, clock, () =>
        thrown ? Promise.reject(thrown) : Promise.resolve(),
      ).catch(() => undefined);
    await attempt(new PlanError({ where: 'plan.json', got: 1, expected: 'two', remedy: 'Mend it' }));
    await attempt(new CheckpointedExit('Stopped at step 3'));
    await attempt(new Error('Out of range\nmore'));
    await attempt();
    const events = readAttempts(folder);
    expect(events.filter(({ event }) => event === 'begin')).toHaveLength(4);
    expect(events.filter(({ event }) => event === 'end')).toEqual([
      { event: 'end', at: clock.date().toISOString(), exitCode: 65, why: 'plan.json: got 1, expected two. Mend it.' },
      { event: 'end', at: clock.date().toISOString(), exitCode: 85, why: 'Stopped at step 3' },
      { event: 'end', at: clock.date().toISOString(), exitCode: 1, why: 'Out of range' },
      { event: 'end', at: clock.date().toISOString(), exitCode: 0, why: null },
    ]);
  });

  it('leaves the reason of an attempt that ended before its cell was open', async () => {
    writePlan(join(folder, 'plan.json'), planOf());
    const fault = { where: 'data', got: 'nothing', expected: 'images', remedy: 'Give some' };
    const about = { folder, root: process.cwd(), command: 'npm run cell', output: silence };
    await expect(recordAttempt(about, clock, () => Promise.reject(new DataError(fault)))).rejects.toThrow(DataError);
    const message = 'data: got "nothing", expected images. Give some.';
    expect(readOutcome(folder)).toMatchObject({ status: 'failed', failure: { step: 0, exitCode: 65, message } });
    const stopped = () => Promise.reject(new CheckpointedExit('Stopped at step 3'));
    await expect(recordAttempt(about, clock, stopped)).rejects.toThrow(CheckpointedExit);
    expect(readOutcome(folder)).toMatchObject({ failure: { message } });
  });
});
