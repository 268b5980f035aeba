/** @file Runs once around all test files: the engine is installed before them, and what they wrote is removed after them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { standardError } from '../harness/system/progress.ts';
import { ensureEngine } from '../harness/engine/install/install.ts';

export default async function setup(): Promise<() => void> {
  // Each project of the runner calls this; the first prepares for all.
  if (process.env.CONSISTENCY_TESTS === 'prepared') return () => undefined;
  process.env.CONSISTENCY_TESTS = 'prepared';
  // No test waits for a download, and none is skipped for want of the engine.
  await ensureEngine({ device: 'cpu' }, standardError());
  const folder = mkdtempSync(join(tmpdir(), 'consistency-tests-'));
  // The processes of the tests take their temporary folders from it.
  process.env.TMPDIR = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}
