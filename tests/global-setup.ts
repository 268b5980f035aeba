/** @file Runs once before all test files: installs the engine, so that no test waits for a download and none is skipped for want of it. */
import { standardError } from '../harness/core/progress.ts';
import { ensureEngine } from '../harness/engine/install/install.ts';

export default async function setup(): Promise<void> {
  await ensureEngine({ device: 'cpu' }, standardError());
}
