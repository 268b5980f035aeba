/** @file One process per cell: who works on it is said, what a killed one left half written is removed, a finished one leaves nothing. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../harness/core/clock.ts';
import { DataError } from '../../../harness/core/errors.ts';
import { awaitCell, cellOwner, lockCell } from '../../../harness/run/cell/cell-lock.ts';
import { isTemporaryName } from '../../../harness/system/files/atomic-file.ts';
import type { Lock } from '../../../harness/system/lock.ts';

let folder: string;
let said: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cell-lock-'));
  said = [];
});

function lock(): Lock {
  return lockCell(folder, {
    clock: systemClock,
    output: { isTerminal: false, write: (text) => void said.push(text) },
  });
}

describe('lockCell', () => {
  it('refuses a second process with who works on the cell, and exit code 75; what it writes is not touched', () => {
    const first = lock();
    writeFileSync(join(folder, 'result.json.tmp-1-1'), 'half');
    let refused: unknown;
    try {
      lock();
    } catch (thrown) {
      refused = thrown;
    }
    if (!(refused instanceof DataError)) throw new Error('not refused');
    expect(refused.exitCode).toBe(75);
    expect(refused.message).toMatch(
      new RegExp(
        `^${folder}: got a cell on which process ${process.pid} on .+ has been at work since \\d{4}-.+Z, expected one on which no other process is at work\\. Wait for that process, or give a run of your own another name with --name; if it is gone, remove ${folder}/cell\\.lock\\.$`,
      ),
    );
    expect(existsSync(join(folder, 'result.json.tmp-1-1'))).toBe(true);
    expect(cellOwner(folder, systemClock)?.pid).toBe(process.pid);
    first.release();
    expect(cellOwner(folder, systemClock)).toBeUndefined();
    lock().release();
  });

  it('goes on in the place of a killed process, without what it had half written', () => {
    mkdirSync(join(folder, 'checkpoints'));
    writeFileSync(join(folder, 'checkpoints', 'step-4.safetensors'), 'whole');
    // The lock of a process that took it and was killed.
    const script = `
      const { lockCell } = await import(${JSON.stringify(join(import.meta.dirname, '../../../harness/run/cell/cell-lock.ts'))});
      const { systemClock } = await import(${JSON.stringify(join(import.meta.dirname, '../../../harness/core/clock.ts'))});
      const { temporaryName } = await import(${JSON.stringify(join(import.meta.dirname, '../../../harness/system/files/atomic-file.ts'))});
      const { writeFileSync } = await import('node:fs');
      lockCell(${JSON.stringify(folder)}, { clock: systemClock, output: { isTerminal: false, write: () => undefined } });
      writeFileSync(temporaryName(${JSON.stringify(join(folder, 'checkpoints', 'step-8.safetensors'))}), 'half');
      process.kill(process.pid, 'SIGKILL');`;
    const killed = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script]);
    expect(killed.signal).toBe('SIGKILL');
    const [owner] = readdirSync(join(folder, 'cell.lock'));
    const { pid } = JSON.parse(readFileSync(join(folder, 'cell.lock', owner!), 'utf8')) as { pid: number };
    expect(readdirSync(join(folder, 'checkpoints')).filter(isTemporaryName)).toHaveLength(1);
    expect(cellOwner(folder, systemClock)).toBeUndefined();

    const taken = lock();
    expect(said.join('')).toMatch(
      new RegExp(`^${folder}: process ${pid} on .+ ended half-way; going on in its place\\n$`),
    );
    expect(readdirSync(join(folder, 'checkpoints'))).toEqual(['step-4.safetensors']);
    taken.release();
    expect(readdirSync(folder)).toEqual(['checkpoints']);
  });
});

describe('awaitCell', () => {
  it('waits until the other process has ended, and says which one it waits for', async () => {
    const first = lock();
    let told: () => void;
    const waiting = new Promise<void>((resolve) => (told = resolve));
    const second = awaitCell(folder, {
      clock: systemClock,
      output: {
        isTerminal: false,
        write: (text) => {
          said.push(text);
          told();
        },
      },
    });
    await waiting;
    expect(said).toEqual([expect.stringContaining(`${folder}: waiting for process ${process.pid} on `)]);
    writeFileSync(join(folder, 'result.json.tmp-1-1'), 'half');
    first.release();
    const own = await second;
    expect(readdirSync(folder).filter(isTemporaryName)).toEqual([]);
    own.release();
  });
});
