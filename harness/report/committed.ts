/** @file Computes every generated file of a checkout from its results, to write it or to check it. */
import { exists, isFile, namesIn } from '../system/files/files.ts';
import { readText } from '../system/files/input-file.ts';
import { join, relative } from 'node:path';
import { writeFileAtomically } from '../system/files/atomic-file.ts';
import { requireOutputFile } from '../system/files/output-file.ts';
import { described, ResultError } from '../core/errors.ts';
import type { Papers } from '../recipe/papers.ts';
import { registrationFileName } from '../results/registration.ts';
import { benchmarkFileName, readBenchmark } from '../results/benchmark/benchmark.ts';
import { readScoreBenchmark, scoreFileName } from '../results/benchmark/score-benchmark.ts';
import { readRun, type Run } from '../results/run.ts';
import { benchmarkCsv, benchmarkSection } from './tables/benchmark.ts';
import { scoreSection } from './tables/score-benchmark.ts';
import { replaceBlock, resultsBlock } from './tables/markdown.ts';
import { reportFiles } from './report.ts';

export interface GeneratedFile {
  readonly path: string;
  readonly text: string;
}

/**
 * The runs below `<root>/reports`, by name.
 * @throws ResultError when a file is malformed, was edited, or is missing
 */
export function committedRuns(root: string): Run[] {
  const reports = join(root, 'reports');
  if (!exists(reports)) return [];
  return namesIn(reports)
    .filter((name) => exists(join(reports, name, registrationFileName)))
    .map((name) => readRun(join(reports, name)));
}

/** What follows from a benchmark that is committed. */
export interface CommittedBenchmark {
  readonly tables: readonly GeneratedFile[];
  /** Of RESULTS.md. */
  readonly section: string;
}

/**
 * The benchmarks below `<root>/reports/bench`, by name.
 * @throws ResultError when one is malformed
 */
export function committedBenchmarks(root: string): CommittedBenchmark[] {
  const reports = join(root, 'reports', 'bench');
  if (!exists(reports)) return [];
  return namesIn(reports).flatMap((name) => {
    const folder = join(reports, name);
    const shown = pathFromRoot(root, folder);
    const found: CommittedBenchmark[] = [];
    if (exists(join(folder, benchmarkFileName))) {
      const benchmark = readBenchmark(join(folder, benchmarkFileName));
      const table = { path: join(folder, 'benchmark.csv'), text: benchmarkCsv(benchmark) };
      found.push({ tables: [table], section: benchmarkSection(benchmark, shown) });
    }
    if (exists(join(folder, scoreFileName))) {
      found.push({ tables: [], section: scoreSection(readScoreBenchmark(join(folder, scoreFileName)), shown) });
    }
    return found;
  });
}

function pathFromRoot(root: string, path: string): string {
  return relative(root, path).replaceAll('\\', '/');
}

/**
 * Page and table of each run.
 * @throws ResultError when a result is malformed, was edited, or a file it names is missing or changed
 */
export function reportsOf(runs: readonly Run[], papers: Papers): GeneratedFile[] {
  return runs.flatMap((run) =>
    Object.entries(reportFiles(run, papers)).map(([name, text]) => ({ path: join(run.folder, name), text })),
  );
}

/**
 * `<root>/RESULTS.md` with the block of all committed runs, then of all benchmarks.
 * @throws ResultError when the file or its markers are missing
 */
export function resultsPage(
  root: string,
  runs: readonly Run[],
  papers: Papers,
  benchmarks: readonly CommittedBenchmark[] = [],
): GeneratedFile {
  const path = join(root, 'RESULTS.md');
  if (!exists(path)) {
    throw new ResultError({
      where: path,
      got: described('no file'),
      expected: 'a page with the two markers of the generated block',
      remedy: 'Restore it from version control',
    });
  }
  const reported = runs.map((run) => ({ run, reportPath: pathFromRoot(root, join(run.folder, 'report.html')) }));
  const block = [resultsBlock(reported, papers), ...benchmarks.map(({ section }) => section)].join('\n\n');
  return { path, text: replaceBlock(path, readText(path), block) };
}

/** The files that are missing or hold other bytes. */
export function staleFiles(files: readonly GeneratedFile[]): GeneratedFile[] {
  return files.filter(({ path, text }) => !isFile(path) || readText(path) !== text);
}

/** Writes the stale ones and gives them back. */
export function refresh(files: readonly GeneratedFile[]): GeneratedFile[] {
  const stale = staleFiles(files);
  for (const { path } of stale) requireOutputFile(path);
  for (const { path, text } of stale) writeFileAtomically(path, text);
  return stale;
}
