/** @file Makes sure that the engine for the CPU is there, as every command does, and prints what it found. */
import { HarnessError } from '../../../../harness/core/errors.ts';
import { standardError } from '../../../../harness/system/progress.ts';
import { ensureEngine } from '../../../../harness/engine/install/install.ts';

try {
  const { folder, addon, manifest } = await ensureEngine({ device: 'cpu' }, standardError());
  process.stdout.write(JSON.stringify({ folder, addon, manifest }));
} catch (thrown) {
  if (!(thrown instanceof HarnessError)) throw thrown;
  process.stderr.write(`${thrown.message}\n`);
  process.exitCode = thrown.exitCode;
}
