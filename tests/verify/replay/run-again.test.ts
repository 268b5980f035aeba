/** @file Images of a replay: a file that is named takes the place of what would be downloaded. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Engine } from '../../../harness/engine/engine.ts';
import { silence } from '../../../harness/system/progress.ts';
import { runAgain } from '../../../harness/verify/replay/run-again.ts';
import { planOf } from '../../plan/fixtures.ts';

it('opens the named images before anything is computed', async () => {
  const root = join(import.meta.dirname, '../../..');
  // No engine is reached: the file is not there.
  const again = runAgain(null as unknown as Engine, planOf(), {
    steps: 1,
    root,
    output: silence,
    data: 'images.tar.gz',
  });
  await expect(again).rejects.toThrow(
    /^cifar10: got ".*images\.tar\.gz", expected an archive or folder that exists\. Check --data\.$/,
  );
});
