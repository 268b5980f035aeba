/** @file A process that packs the photographs of a folder and prints what it was refused: cache, data. */
import { systemClock } from '../../../harness/core/clock.ts';
import { DataError } from '../../../harness/core/errors.ts';
import { openSource } from '../../../harness/data/open.ts';
import { silence } from '../../../harness/system/progress.ts';

const [cache, data] = process.argv.slice(2) as [string, string];
try {
  (await openSource('imagenet64', { cache, output: silence, clock: systemClock }, { data })).close();
} catch (thrown) {
  if (!(thrown instanceof DataError)) throw thrown;
  process.stdout.write(thrown.message);
}
