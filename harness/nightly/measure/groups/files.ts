/** @file Rows of a checkout's files: bytes of the report as it is regenerated, packages that are installed. */
import { join, relative } from 'node:path';
import { fingerprint } from '../../../core/canonical-json.ts';
import { sha256 } from '../../../core/hash.ts';
import { committedBenchmarks, committedRuns, reportsOf, resultsPage } from '../../../report/committed.ts';
import { readText } from '../../../system/files/input-file.ts';
import type { ProbeValue } from '../protocol.ts';
import type { Group } from '../work.ts';

export const filesGroup: Group = ({ root, work }) => {
  const [runs, benchmarks] = [committedRuns(root), committedBenchmarks(root)];
  const page = resultsPage(root, runs, work.papers, benchmarks);
  const files = [...reportsOf(runs, work.papers), ...benchmarks.flatMap(({ tables }) => tables), page].map(
    ({ path, text }) => ({
      name: relative(root, path),
      text,
    }),
  );
  const hashes = Object.fromEntries(files.map(({ name, text }) => [name, sha256(text)]));
  const bytes = Object.fromEntries(files.map(({ name, text }) => [name, Buffer.byteLength(text)]));
  return Promise.resolve({
    'report-bytes': { kind: 'exact', sha256: fingerprint(hashes), numbers: bytes },
    packages: packages(readText(join(root, 'package-lock.json'))),
  });
};

/** Packages of a lock file: each that is installed for use by its place, those of development as one number. */
export function packages(lock: string): ProbeValue {
  const { packages: all } = JSON.parse(lock) as { packages: Record<string, { readonly dev?: boolean }> };
  const installed = Object.entries(all).filter(([place]) => place !== '');
  const forUse = installed
    .filter(([, { dev }]) => !dev)
    .map(([place]): [string, number] => [place.replace(/^node_modules\//, ''), 1]);
  const parts = { ...Object.fromEntries(forUse), 'for development': installed.length - forUse.length };
  return { kind: 'count', value: installed.length, parts };
}
