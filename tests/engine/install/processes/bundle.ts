/** @file Makes a bundle of a test's own set of wheels, or installs the set from it, as the commands of this project would. */
import { HarnessError } from '../../../../harness/core/errors.ts';
import { exclusively } from '../../../../harness/engine/install/exclusive.ts';
import { bundleSets, installBundled } from '../../../../harness/engine/install/library/bundle.ts';
import { standardError } from '../../../../harness/system/progress.ts';
import type { WheelSet } from '../../../../harness/engine/install/library/wheel-set.ts';
import type { WrittenSet } from './library.ts';

const [what, json, path] = process.argv.slice(2) as [string, string, string];
const written = JSON.parse(json) as WrittenSet;
const set: WheelSet = { ...written, wanted: new RegExp(written.wanted), programs: new RegExp(written.programs) };
try {
  await exclusively({ lock: { pollMs: 20 } }, standardError(), async (context) => {
    if (what === 'make') {
      await bundleSets([set], path, context);
      return;
    }
    process.stdout.write((await installBundled(path, [set], context)).folder);
  });
} catch (thrown) {
  if (!(thrown instanceof HarnessError)) throw thrown;
  process.stderr.write(thrown.message);
  process.exitCode = thrown.exitCode;
}
