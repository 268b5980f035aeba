/** @file Command `npm test -- [filters]`: runs the test suites and prints `N passed, N failed` last. */
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { makeTemporaryFolder, remove } from '../../harness/system/files/files.ts';
import { readText } from '../../harness/system/files/input-file.ts';

/** What the runner's JSON report holds of interest here. */
interface JsonReport {
  readonly success: boolean;
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[];
}

const root = resolve(import.meta.dirname, '../..');
const folder = makeTemporaryFolder('consistency-tests-');
try {
  const file = join(folder, 'report.json');
  const runner = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const args = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`, ...process.argv.slice(2)];
  const { exitCode } = await execa(process.execPath, [runner, ...args], { cwd: root, stdio: 'inherit', reject: false });
  const { passed, failed } = count(file, exitCode ?? 1);
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 && exitCode === 0 ? 0 : 1;
} finally {
  remove(folder);
}

/** A file that could not be loaded, a worker that died and an unhandled error each count as one failure: none of them is a failed test. */
function count(file: string, exitCode: number): { passed: number; failed: number } {
  let report: JsonReport;
  try {
    report = JSON.parse(readText(file)) as JsonReport;
  } catch {
    return { passed: 0, failed: 1 };
  }
  const unloaded = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  );
  const failed = report.numFailedTests + unloaded.length;
  return { passed: report.numPassedTests, failed: failed === 0 && exitCode !== 0 ? 1 : failed };
}
