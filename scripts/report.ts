/**
 * @file Command `npm run report -- [folder...]`: writes page, table and RESULTS.md from results.
 *
 * It can instead check that they are up to date.
 */
import { join, relative, resolve } from 'node:path';
import { Command } from 'commander';
import { UsageError, described, exitCodes } from '../harness/core/errors.ts';
import {
  committedBenchmarks,
  committedRuns,
  refresh,
  reportsOf,
  resultsPage,
  staleFiles,
} from '../harness/report/committed.ts';
import { publishRun } from '../harness/report/report.ts';
import { commitWeights, committedWeightsFolder } from '../harness/results/origin/committed-weights.ts';
import { readRun, requireWholeRun, type Run } from '../harness/results/run.ts';
import { papers } from '../recipes/papers/index.ts';
import { runCommand } from '../harness/cli/command.ts';
import { whole } from '../harness/cli/numbers.ts';

interface Options {
  readonly check?: true;
  readonly strict?: true;
  readonly publish?: string;
  readonly weights?: number;
  readonly json?: true;
}

const root = resolve(import.meta.dirname, '..');

const command = new Command('npm run report --')
  .description(
    'Writes report.html and results.csv of each folder again from its results. Without a folder: of every run in reports/, and RESULTS.md.',
  )
  .argument('[folder...]', 'folders of runs, such as runs/shapes-twin')
  .option('--check', 'write nothing; fail when a produced file is not what the results give')
  .option('--strict', 'refuse a run with a planned cell that did not finish')
  .option('--publish <name>', 'copy the results and grids of the one folder to reports/<name>, and report from there')
  .option(
    '--weights <seed>',
    'copy the weights of this seed of the one folder, with their results, to reports/weights, from where reproduce samples them',
    whole,
  )
  .option('--json', 'print one JSON document in place of lines')
  .addHelpText(
    'after',
    '\nExit code 0: done; 1: --check found stale files; 65: results are malformed, edited or incomplete.',
  )
  .action((folders: string[], options: Options) => {
    const named = folders.map((folder) => readRun(resolve(folder)));
    if (options.weights !== undefined) {
      keepWeights(named, options.weights, options);
      return;
    }
    if (options.publish !== undefined) publish(named, options.publish, options);
    const everything = named.length === 0 || options.publish !== undefined;
    const runs = everything ? committedRuns(root) : named;
    if (options.strict) runs.forEach(requireWholeRun);
    const benchmarks = everything ? committedBenchmarks(root) : [];
    const page = everything ? [resultsPage(root, runs, papers, benchmarks)] : [];
    const files = [...reportsOf(runs, papers), ...benchmarks.flatMap(({ tables }) => tables), ...page];
    const stale = options.check ? staleFiles(files) : refresh(files);
    const [all, changed] = [files, stale].map((list) => list.map(({ path }) => relative(process.cwd(), path)));
    console.log(options.json ? JSON.stringify({ files: all, changed }, null, 2) : summary(all!, changed!, options));
    if (options.check && stale.length > 0) process.exitCode = exitCodes.failed;
  });

function publish(runs: readonly Run[], name: string, { check, strict }: Options): void {
  const [run, ...others] = runs;
  if (!run || others.length > 0 || check || !/^[a-z0-9][a-z0-9-]*$/.test(name)) {
    throw new UsageError({
      where: '--publish',
      got: name,
      expected: 'a name of lowercase letters, digits and hyphens, one folder, and no --check',
      remedy: 'Write npm run report -- runs/<run> --publish <name>',
    });
  }
  if (strict) requireWholeRun(run);
  publishRun(run, join(root, 'reports', name));
}

function keepWeights(runs: readonly Run[], seed: number, { check, publish: name, json }: Options): void {
  const [run, ...others] = runs;
  if (!run || others.length > 0 || check || name !== undefined) {
    throw new UsageError({
      where: '--weights',
      got: described(
        `${runs.length} folders${check ? ' and --check' : ''}${name === undefined ? '' : ' and --publish'}`,
      ),
      expected: 'one folder of a run, and neither --check nor --publish',
      remedy: 'Write npm run report -- runs/<run> --weights <seed>',
    });
  }
  const folders = commitWeights(run, seed, committedWeightsFolder(root)).map((path) => relative(process.cwd(), path));
  console.log(json ? JSON.stringify({ folders }, null, 2) : folders.map((path) => `written: ${path}`).join('\n'));
}

function summary(all: readonly string[], changed: readonly string[], { check }: Options): string {
  const lines = changed.map((path) => (check ? `stale: ${path}` : `written: ${path}`));
  const last =
    changed.length === 0
      ? `Nothing to write: all ${all.length} produced files are what the results give.`
      : check
        ? 'Write them again with npm run report.'
        : `Up to date before: ${all.length - changed.length} of ${all.length}.`;
  return [...lines, last].join('\n');
}

await runCommand(command);
