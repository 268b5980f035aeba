/** @file Unfinished files: one maker at a time, whoever comes next goes on, and nothing but the file stays. */
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../harness/core/clock.ts';
import { claimUnfinished, type ClaimOptions } from '../../../harness/system/download/unfinished-file.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'unfinished-'));
  path = join(folder, 'made', 'file.bin');
});
afterEach(() => rmSync(folder, { recursive: true }));

const claim = (options: Partial<ClaimOptions> = {}) =>
  claimUnfinished(path, { clock: systemClock, pollMs: 10, ...options });
const names = () => readdirSync(join(folder, 'made')).sort();

describe('a claim', () => {
  test('begins an empty file, and is the file when it is finished', async () => {
    const first = (await claim())!;
    expect(readFileSync(first.path, 'utf8')).toBe('');
    writeFileSync(first.path, 'whole');
    first.finish();
    expect(names()).toEqual(['file.bin']);
    expect(readFileSync(path, 'utf8')).toBe('whole');
    expect(await claim()).toBeUndefined();
  });

  test('that is released is what the next one goes on from', async () => {
    const first = (await claim())!;
    writeFileSync(first.path, 'half');
    first.release();
    expect(names()).toEqual(['file.bin.part']);
    expect(readFileSync((await claim())!.path, 'utf8')).toBe('half');
  });

  test('that is discarded, and then released, leaves nothing', async () => {
    const first = (await claim())!;
    writeFileSync(first.path, 'wrong');
    first.discard();
    first.release();
    expect(names()).toEqual([]);
  });

  test('takes up the largest of what killed processes left', async () => {
    (await claim())!.release();
    writeFileSync(`${path}.part-some.host-1`, 'longest');
    writeFileSync(`${path}.part-some.host-2`, 'short');
    const first = (await claim())!;
    expect(readFileSync(first.path, 'utf8')).toBe('longest');
    first.finish();
    expect(names()).toEqual(['file.bin']);
  });

  test('makes others wait, and ends their waiting with the finished file', async () => {
    const first = (await claim())!;
    const told: string[] = [];
    const second = claim({ onWait: (owner) => told.push(owner) });
    await pause(100);
    expect(told).toEqual([expect.stringMatching(new RegExp(`^${process.pid} on .+`))]);
    first.finish();
    expect(await second).toBeUndefined();
    expect(names()).toEqual(['file.bin']);
  });

  test('makes others wait, and they go on where it was released', async () => {
    const first = (await claim())!;
    writeFileSync(first.path, 'half');
    const second = claim();
    await pause(50);
    first.release();
    expect(readFileSync((await second)!.path, 'utf8')).toBe('half');
  });
});
