/** @file A process that opens ImageNet 64x64 and prints the sha256 of its images, for tests that need several: cache, data. */
import { openSource } from '../../../harness/data/open.ts';
import { systemClock } from '../../../harness/core/clock.ts';
import { standardError } from '../../../harness/system/progress.ts';

const [cache, data] = process.argv.slice(2) as [string, string];
const context = { cache, output: standardError(), clock: systemClock, environment: {} };
const source = await openSource('imagenet64', context, { data });
process.stdout.write(`${source.contentHash}\n`);
source.close();
