/** @file A process that downloads one file, for tests that need several of them or kill one: folder, url, bytes, sha256. */
import { download } from '../../../harness/system/download/download.ts';
import { systemClock } from '../../../harness/core/clock.ts';
import { standardError } from '../../../harness/system/progress.ts';

const [folder, url, bytes, sha256] = process.argv.slice(2) as [string, string, string, string];
await download(
  { name: 'data.bin', url, bytes: Number(bytes), sha256 },
  { folder, output: standardError(), clock: systemClock, environment: {} },
);
