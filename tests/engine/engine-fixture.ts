/** @file The engine for tests: on the CPU with two threads, so that sums have one order on every machine. */
import { standardError } from '../../harness/system/progress.ts';
import type { Engine } from '../../harness/engine/load.ts';
import { openEngine } from '../../harness/engine/open.ts';

/** The loaded engine; tests/global-setup.ts has installed it before the first test file. */
export async function engineForTests(): Promise<Engine> {
  return openEngine({ device: 'cpu', threads: 2, output: standardError() });
}
