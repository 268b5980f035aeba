/** @file Writes a file that must not exist yet, full of one digit, and says whether it did. Refuses to run where links can be made. */
import { linkSync, rmSync, writeFileSync } from 'node:fs';
import { writeFileOnce } from '../../../harness/system/files/atomic-file.ts';

const [path, digit] = process.argv.slice(2) as [string, string];
const trial = `${path}.trial-${digit}`;
writeFileSync(trial, '');
try {
  linkSync(trial, `${trial}.link`);
  throw new RangeError('links can be made here');
} catch (thrown) {
  if (thrown instanceof RangeError) throw thrown;
} finally {
  rmSync(trial);
}
process.stdout.write(`${digit} ${writeFileOnce(path, digit.repeat(1 << 20)) ? 'wrote' : 'came late'}`);
