/** @file Installs a test's own set of wheels, as the commands of this project would. */
import { CheckpointedExit, HarnessError } from '../../../../harness/core/errors.ts';
import { standardError } from '../../../../harness/system/progress.ts';
import { ensureLibrary } from '../../../../harness/engine/install/library/library.ts';
import type { WheelSet } from '../../../../harness/engine/install/library/wheel-set.ts';

/** A set as it travels on a command line. */
export interface WrittenSet extends Omit<WheelSet, 'wanted' | 'programs'> {
  readonly wanted: string;
  readonly programs: string;
}

const written = JSON.parse(process.argv[2]!) as WrittenSet;
const set: WheelSet = { ...written, wanted: new RegExp(written.wanted), programs: new RegExp(written.programs) };
try {
  const { folder } = await ensureLibrary(set, { lock: { pollMs: 20 } }, standardError());
  process.stdout.write(folder);
} catch (thrown) {
  if (!(thrown instanceof HarnessError || thrown instanceof CheckpointedExit)) throw thrown;
  process.stderr.write(thrown.message);
  process.exitCode = thrown.exitCode;
}
